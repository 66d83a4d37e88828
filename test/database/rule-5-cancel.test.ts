// Rule 5: cancel before pickup, by the user or an operator; from pickup on, and when expired, 409.
import { acceptByTap } from '../../dispatch/answer-offer.js';
import { cancelByCaller, cancelBySignal } from '../../dispatch/cancel-booking.js';
import { stepJob } from '../../dispatch/jobs.js';
import { expireBooking } from '../../dispatch/sweeps.js';
import { JOB_STATUSES, type JobStatus } from '../../contract/words.js';
import { expectAgreement } from '../support/agreement.js';
import {
  book,
  claim,
  customer,
  letPass,
  offerOf,
  openDispatch,
  type Fixture,
} from '../support/dispatch-fixture.js';
import { anIsoTime } from '../support/matchers.js';
import { addPilot } from '../support/pilots.js';
import { freshPlace } from '../support/places.js';
import { pause } from '../support/waiting.js';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openDispatch();
});
afterEach(() => expectAgreement(fixture));
afterAll(() => fixture.close());

async function booked(limits = {}) {
  const place = freshPlace();
  const user = customer();
  const pilot = await addPilot(fixture, place);
  const booking = await book(fixture, place, limits, user);
  const caller = { type: 'user' as const, id: user.id };
  return {
    place,
    pilot,
    booking,
    cancel: (by: { type: 'user' | 'admin'; id: string } = caller, ageMs = 0) =>
      cancelByCaller(fixture.context, { bookingId: booking.id, caller: by, ageMs }),
    user: () => fixture.emitter.to(`user:${user.id}`),
    toPilot: () => fixture.emitter.to(`pilot:${pilot}`),
    job: async (status: JobStatus) => {
      await acceptByTap(fixture.context, await offerOf(fixture, booking));
      const steps = JOB_STATUSES.slice(1, JOB_STATUSES.indexOf(status) + 1);
      for (const step of steps)
        await stepJob(fixture.context, { bookingId: booking.id, pilotId: pilot, status: step });
    },
    holding: () =>
      fixture.query(
        `SELECT status, end_reason, ended_at IS NOT NULL AS over FROM offers WHERE booking_id = $1`,
        [booking.id],
      ),
    lines: async () =>
      (
        await fixture.query('SELECT kind, payload FROM outbox WHERE booking_id = $1 ORDER BY id', [
          booking.id,
        ])
      ).map((line) => [line['kind'], line['payload']]),
  };
}

const cancelled = (bookingId: string, by: 'user' | 'admin') => ({
  bookingId,
  by,
  message: 'Your booking was cancelled.',
  at: anIsoTime,
});

it('PENDING, before its search has begun', async () => {
  const { booking, cancel, user, lines } = await booked();
  expect(await cancel()).toMatchObject({
    id: booking.id,
    status: 'CANCELLED',
    pilot: null,
    cancelledAt: anIsoTime,
  });
  expect(user().at(-1)).toEqual(['booking:cancelled', { ...cancelled(booking.id, 'user'), seq: 2 }]);
  expect((await lines()).at(-1)).toEqual(['cancel', { by: 'user' }]);
  expect(await claim(fixture, booking)).toMatchObject({ kind: 'closed', status: 'CANCELLED' });
});

it('PENDING with a live offer: the offer is withdrawn and its pilot told', async () => {
  const { booking, cancel, user, toPilot, holding } = await booked();
  const { offerId } = await offerOf(fixture, booking);
  await cancel();
  expect(await holding()).toEqual([{ status: 'WITHDRAWN', end_reason: 'cancelled', over: true }]);
  expect(toPilot().slice(1)).toEqual([
    ['offer:expired', { offerId, bookingId: booking.id, reason: 'cancelled', at: anIsoTime }],
  ]);
  expect(user().slice(3)).toEqual([['booking:cancelled', { ...cancelled(booking.id, 'user'), seq: 4 }]]);
});

it('PENDING after a failed search', async () => {
  const { booking, cancel } = await booked({ searchRadiusKm: 0.1, maxRadiusKm: 0.1 });
  expect(await claim(fixture, booking)).toMatchObject({ kind: 'failed' });
  expect(await cancel()).toMatchObject({ status: 'CANCELLED' });
  const [search] = await fixture.query('SELECT outcome FROM searches WHERE booking_id = $1', [booking.id]);
  expect(search).toEqual({ outcome: 'no_pilots' });
});

it.each(['ASSIGNED', 'ARRIVED'] as const)('%s: the pilot is freed and told', async (status) => {
  const { booking, pilot, place, cancel, job, user, toPilot, holding } = await booked();
  await job(status);
  const told = user().length;
  expect(await cancel()).toMatchObject({ status: 'CANCELLED', pilot: { id: pilot } });
  expect(await holding()).toEqual([{ status: 'ACCEPTED', end_reason: 'cancelled', over: true }]);
  expect(
    user()
      .slice(told)
      .map(([event]) => event),
  ).toEqual(['booking:cancelled']);
  expect(toPilot().slice(2)).toEqual([['booking:cancelled', cancelled(booking.id, 'user')]]);
  expect(await offerOf(fixture, await book(fixture, place))).toMatchObject({ pilotId: pilot });
});

it('twice succeeds, and the second changes and tells nothing', async () => {
  const { booking, cancel, user, lines } = await booked();
  const first = await cancel();
  const [told, left] = [user().length, await lines()];
  expect(await cancel()).toEqual(first);
  expect(await cancelBySignal(fixture.context, { bookingId: booking.id, by: 'operator' })).toMatchObject({
    kind: 'closed',
  });
  expect(user()).toHaveLength(told);
  expect(await lines()).toEqual(left);
});

it('by an operator: the user hears so, and it is audited with the reason', async () => {
  const { booking, user } = await booked();
  const admin = customer().id;
  await cancelByCaller(fixture.context, {
    bookingId: booking.id,
    caller: { type: 'admin', id: admin },
    reason: 'double booking',
    ageMs: 0,
  });
  expect(user().at(-1)).toEqual(['booking:cancelled', { ...cancelled(booking.id, 'admin'), seq: 2 }]);
  expect(
    await fixture.query('SELECT actor, action, details FROM audit_entries WHERE booking_id = $1', [
      booking.id,
    ]),
  ).toEqual([{ actor: admin, action: 'cancel', details: { reason: 'double booking', actorType: 'admin' } }]);
});

describe('409', () => {
  it.each([
    ['PICKED_UP', 'booking_in_progress'],
    ['IN_TRANSIT', 'booking_in_progress'],
    ['DELIVERED', 'booking_delivered'],
  ] as const)('in %s: %s, and nothing changes', async (status, code) => {
    const { booking, cancel, job, user, toPilot } = await booked();
    await job(status);
    const heard = [user().length, toPilot().length];
    await expect(cancel()).rejects.toMatchObject({ name: 'ConflictError', code });
    await expect(cancel({ type: 'admin', id: customer().id })).rejects.toMatchObject({ code });
    const signal = await cancelBySignal(fixture.context, { bookingId: booking.id, by: 'operator' });
    expect(signal.kind === 'assigned' || signal.kind === 'closed' ? signal.status : signal.kind).toBe(status);
    expect([user().length, toPilot().length]).toEqual(heard);
  });

  it('when EXPIRED: booking_expired', async () => {
    const { booking, cancel } = await booked({ retryWindowMs: 1, searchRadiusKm: 0.1, maxRadiusKm: 0.1 });
    await claim(fixture, booking);
    await letPass(fixture, booking, 10);
    await expireBooking(fixture.context, { bookingId: booking.id });
    await expect(cancel()).rejects.toMatchObject({ name: 'ConflictError', code: 'booking_expired' });
  });
});

it("404 for another user's booking, and nothing changes", async () => {
  const { booking, cancel } = await booked();
  await expect(cancel({ type: 'user', id: customer().id })).rejects.toMatchObject({ name: 'NotFoundError' });
  expect(await claim(fixture, booking)).toMatchObject({ kind: 'offered' });
});

it('a cancel that crossed an accept gets 409 booking_assigned; asked again, knowing it, it cancels', async () => {
  const { cancel, job, holding } = await booked();
  await job('ASSIGNED');
  await expect(cancel(undefined, 5_000)).rejects.toMatchObject({
    name: 'ConflictError',
    code: 'booking_assigned',
  });
  expect(await holding()).toEqual([{ status: 'ACCEPTED', end_reason: null, over: false }]);
  expect(await cancel(undefined, 0)).toMatchObject({ status: 'CANCELLED' });
});

it('a cancel that was sent after the accept cancels', async () => {
  const { cancel, job } = await booked();
  await job('ASSIGNED');
  await pause(200);
  expect(await cancel(undefined, 100)).toMatchObject({ status: 'CANCELLED' });
});
