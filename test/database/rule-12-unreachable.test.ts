// Rule 12: a pilot who vanishes before pickup is told of once; an operator may take the job back.
import { upsertPositions } from '../../database/statements/pilots.js';
import { acceptByTap } from '../../dispatch/answer-offer.js';
import { cancelByCaller } from '../../dispatch/cancel-booking.js';
import { releaseByOperator, stepJob } from '../../dispatch/jobs.js';
import { tellOfUnreachablePilots } from '../../dispatch/sweeps.js';
import { JOB_STATUSES, type JobStatus } from '../../contract/words.js';
import { expectAgreement } from '../support/agreement.js';
import { inCrowd, upTo } from '../support/crowd.js';
import { book, claim, customer, offerOf, openDispatch, type Fixture } from '../support/dispatch-fixture.js';
import { anIsoTime } from '../support/matchers.js';
import { addPilot, at } from '../support/pilots.js';
import { freshPlace } from '../support/places.js';
import { eventually } from '../support/waiting.js';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openDispatch();
});
afterEach(() => expectAgreement(fixture));
afterAll(() => fixture.close());

const STALE_MS = 180_000;
const sweep = () => tellOfUnreachablePilots(fixture.context, STALE_MS);

/** A job that was accepted `agoMs` ago, its pilot last heard of as long ago. */
async function job(agoMs: number, status: JobStatus = 'ASSIGNED') {
  const place = freshPlace();
  const user = customer();
  const pilot = await addPilot(fixture, place);
  const booking = await book(fixture, place, {}, user);
  await acceptByTap(fixture.context, await offerOf(fixture, booking));
  for (const step of JOB_STATUSES.slice(1, JOB_STATUSES.indexOf(status) + 1))
    await stepJob(fixture.context, { bookingId: booking.id, pilotId: pilot, status: step });
  const back = `- $2::double precision * interval '1 millisecond'`;
  await fixture.query(`UPDATE bookings SET assigned_at = assigned_at ${back} WHERE id = $1`, [
    booking.id,
    agoMs,
  ]);
  await fixture.query(`UPDATE pilot_positions SET received_at = received_at ${back} WHERE pilot_id = $1`, [
    pilot,
    agoMs,
  ]);
  const heard = () =>
    fixture.emitter.to(`user:${user.id}`).filter(([event]) => event === 'booking:driver_unreachable');
  const admins = () =>
    fixture.emitter.to('admin:assignments', booking.id).filter(([event]) => event.endsWith('unreachable'));
  return { place, user, pilot, booking, heard, admins };
}

it.each(['ASSIGNED', 'ARRIVED'] as const)('in %s: user and operators are told, once', async (status) => {
  const { booking, pilot, heard, admins } = await job(STALE_MS + 1_000, status);
  await inCrowd(4, upTo(4), sweep);
  await sweep();
  expect(heard()).toEqual([
    [
      'booking:driver_unreachable',
      {
        bookingId: booking.id,
        message: 'We cannot reach your driver.',
        canCancel: true,
        seq: status === 'ASSIGNED' ? 5 : 6,
        at: anIsoTime,
      },
    ],
  ]);
  expect(admins()).toEqual([
    ['booking:driver_unreachable', { bookingId: booking.id, pilotId: pilot, at: anIsoTime }],
  ]);
});

it('not before JOB_STALE_MS is over, and not when a position came meanwhile', async () => {
  const early = await job(STALE_MS - 5_000);
  const moved = await job(STALE_MS + 5_000);
  await upsertPositions(fixture.source.manager, [at(moved.pilot, moved.place)]);
  await sweep();
  expect([...early.heard(), ...moved.heard()]).toEqual([]);
});

it('a job just accepted by one who was silent before is given its time', async () => {
  const { booking, pilot, heard } = await job(0);
  await fixture.query(
    `UPDATE pilot_positions SET received_at = received_at - interval '1 hour' WHERE pilot_id = $1`,
    [pilot],
  );
  await sweep();
  expect(heard()).toEqual([]);
  await fixture.query('DELETE FROM pilot_positions WHERE pilot_id = $1', [pilot]);
  await fixture.query(`UPDATE bookings SET assigned_at = assigned_at - interval '4 min' WHERE id = $1`, [
    booking.id,
  ]);
  await sweep();
  expect(heard()).toHaveLength(1);
});

it.each(['PICKED_UP', 'IN_TRANSIT', 'DELIVERED'] as const)(
  'from pickup on nobody is told: %s',
  async (status) => {
    const { heard } = await job(STALE_MS * 2, status);
    await sweep();
    expect(heard()).toEqual([]);
  },
);

it('the user may cancel then', async () => {
  const { booking, user } = await job(STALE_MS * 2);
  await sweep();
  const caller = { type: 'user' as const, id: user.id };
  const answer = await cancelByCaller(fixture.context, { bookingId: booking.id, caller, ageMs: 0 });
  expect(answer).toMatchObject({ status: 'CANCELLED' });
});

it('an operator takes the job back: rule 7, the pilot is told, it is audited, the next job starts anew', async () => {
  const { booking, pilot, place, heard, user } = await job(STALE_MS * 2);
  await sweep();
  const admin = customer().id;
  const answer = await releaseByOperator(fixture.context, {
    bookingId: booking.id,
    adminId: admin,
    reason: 'silent',
  });
  expect(answer).toMatchObject({
    status: 'PENDING',
    pilot: null,
    user: { name: 'Ann Customer', phone: '+1 514 555 0100' },
  });
  expect(fixture.emitter.to(`pilot:${pilot}`).slice(2)).toEqual([
    [
      'booking:cancelled',
      { bookingId: booking.id, by: 'admin', message: 'Your booking was cancelled.', at: anIsoTime },
    ],
  ]);
  expect(fixture.emitter.to(`user:${user.id}`).at(-1)).toEqual([
    'booking:driver_released',
    {
      bookingId: booking.id,
      message: 'Driver had to give your booking back. Finding another driver...',
      seq: 6,
      at: anIsoTime,
    },
  ]);
  expect(
    await fixture.query('SELECT actor, action, details FROM audit_entries WHERE booking_id = $1', [
      booking.id,
    ]),
  ).toEqual([
    { actor: admin, action: 'release', details: { reason: 'silent', pilotId: pilot, actorType: 'admin' } },
  ]);
  const next = await addPilot(fixture, place, { km: 3 });
  await acceptByTap(fixture.context, await offerOf(fixture, booking));
  await sweep();
  expect(heard()).toHaveLength(1);
  const old = `UPDATE bookings SET assigned_at = assigned_at - interval '4 min' WHERE id = $1`;
  await fixture.query(old, [booking.id]);
  await fixture.query(
    `UPDATE pilot_positions SET received_at = received_at - interval '4 min' WHERE pilot_id = $1`,
    [next],
  );
  await sweep();
  expect(heard()).toHaveLength(2);
});

it('without a job there is nothing to take back: 409 for PENDING, 404 for no booking', async () => {
  const booking = await book(fixture, freshPlace());
  const release = (bookingId: string) =>
    releaseByOperator(fixture.context, { bookingId, adminId: booking.userId, reason: 'x' });
  await expect(release(booking.id)).rejects.toMatchObject({
    name: 'ConflictError',
    code: 'job_not_releasable',
  });
  await expect(release(booking.userId)).rejects.toMatchObject({ name: 'NotFoundError' });
  expect((await claim(fixture, booking)).kind).toBe('failed');
});

it('a position that is committed while the sweep waits for the booking keeps its pilot reachable', async () => {
  const { booking, pilot, place, heard } = await job(STALE_MS * 2);
  const holder = fixture.source.createQueryRunner();
  await holder.startTransaction();
  await holder.query('SELECT 1 FROM bookings WHERE id = $1 FOR NO KEY UPDATE', [booking.id]);
  const sweeping = sweep();
  await eventually('the sweep at the lock', async () => {
    const waiting = await fixture.query(
      `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    return waiting.length > 0;
  });
  await upsertPositions(fixture.source.manager, [at(pilot, place)]);
  await holder.commitTransaction();
  await holder.release();
  await sweeping;
  expect(heard()).toEqual([]);
});
