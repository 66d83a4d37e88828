// Rule 7 and the steps of a job: given back before pickup, one step forward at a time, never otherwise.
import { acceptByTap } from '../../dispatch/answer-offer.js';
import { cancelByCaller } from '../../dispatch/cancel-booking.js';
import { releaseByOperator, releaseByPilot, stepJob } from '../../dispatch/jobs.js';
import { readJob } from '../../dispatch/reads.js';
import { JOB_STATUSES, type JobStatus } from '../../contract/words.js';
import { expectAgreement } from '../support/agreement.js';
import { inCrowd, upTo } from '../support/crowd.js';
import { book, claim, customer, offerOf, openDispatch, type Fixture } from '../support/dispatch-fixture.js';
import { anIsoTime } from '../support/matchers.js';
import { addPilot } from '../support/pilots.js';
import { freshPlace } from '../support/places.js';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openDispatch();
});
afterEach(() => expectAgreement(fixture));
afterAll(() => fixture.close());

/** A job in `status`. */
async function job(status: JobStatus = 'ASSIGNED') {
  const place = freshPlace();
  const user = customer();
  const pilot = await addPilot(fixture, place);
  const booking = await book(fixture, place, {}, user);
  const offer = await offerOf(fixture, booking);
  await acceptByTap(fixture.context, offer);
  const step = (to: JobStatus, pilotId = pilot) =>
    stepJob(fixture.context, { bookingId: booking.id, pilotId, status: to });
  for (const one of JOB_STATUSES.slice(1, JOB_STATUSES.indexOf(status) + 1)) await step(one);
  const told = fixture.emitter.to(`user:${user.id}`).length;
  return {
    place,
    booking,
    pilot,
    user,
    offer,
    step,
    release: (pilotId = pilot) =>
      releaseByPilot(fixture.context, { bookingId: booking.id, pilotId, reason: 'flat tyre' }),
    /** What the user was told since. */
    heard: () => fixture.emitter.to(`user:${user.id}`).slice(told),
    row: async () => (await fixture.query('SELECT * FROM bookings WHERE id = $1', [booking.id]))[0],
    offerRow: async () => (await fixture.query('SELECT * FROM offers WHERE id = $1', [offer.offerId]))[0],
    lines: async () =>
      (await fixture.query('SELECT kind FROM outbox WHERE booking_id = $1 ORDER BY id', [booking.id])).map(
        (line) => line['kind'],
      ),
  };
}

describe.each(['ASSIGNED', 'ARRIVED'] as const)('a job given back in %s', (status) => {
  it('is PENDING again, its search counted from zero; the pilot stays online and is free', async () => {
    const { booking, pilot, release, heard, row, offerRow, lines, place } = await job(status);
    const answer = await release();
    expect(answer).toMatchObject({ id: booking.id, status: 'PENDING', pilot: null, assignedAt: null });
    expect(answer).not.toHaveProperty('user');
    expect(await row()).toMatchObject({
      status: 'PENDING',
      pilot_id: null,
      search_no: 2,
      unreachable_at: null,
    });
    expect(await offerRow()).toMatchObject({
      status: 'ACCEPTED',
      end_reason: 'released',
      ended_at: expect.any(Date),
    });
    expect(heard().map(([event, payload]) => [event, payload['message']])).toEqual([
      ['booking:driver_released', 'Driver had to give your booking back. Finding another driver...'],
    ]);
    expect((await lines()).at(-1)).toBe('nudge');
    expect(await fixture.query('SELECT online FROM pilots WHERE id = $1', [pilot])).toEqual([
      { online: true },
    ]);
    expect(
      await fixture.query('SELECT actor, action, details FROM audit_entries WHERE booking_id = $1', [
        booking.id,
      ]),
    ).toEqual([
      {
        actor: pilot,
        action: 'release',
        details: { reason: 'flat tyre', pilotId: pilot, actorType: 'pilot' },
      },
    ]);
    const next = await addPilot(fixture, place, { km: 4 });
    const standing = await claim(fixture, booking);
    expect(standing).toMatchObject({
      kind: 'offered',
      search: { searchNo: 2, triedPilotIds: [next] },
      offer: { pilotId: next, number: 1 },
    });
    expect(
      heard()
        .slice(1)
        .map(([event, payload]) => [event, payload['message']]),
    ).toEqual([
      ['booking:search_started', 'Finding a driver for you...'],
      ['booking:offer_sent', 'Offer sent to driver 1...'],
    ]);
  });
});

it.each(['PICKED_UP', 'IN_TRANSIT', 'DELIVERED'] as const)(
  'in %s it is not given back: 409',
  async (status) => {
    const { booking, release, heard, offerRow } = await job(status);
    const before = await offerRow();
    await expect(release()).rejects.toMatchObject({ name: 'ConflictError', code: 'job_not_releasable' });
    const byOperator = releaseByOperator(fixture.context, {
      bookingId: booking.id,
      adminId: booking.id,
      reason: 'x',
    });
    await expect(byOperator).rejects.toMatchObject({ code: 'job_not_releasable' });
    expect(heard()).toEqual([]);
    expect(await offerRow()).toEqual(before);
  },
);

it("another's job is not there: 404 for release and for a step", async () => {
  const { release, step, row } = await job();
  const before = await row();
  const stranger = customer().id;
  await expect(release(stranger)).rejects.toMatchObject({ name: 'NotFoundError' });
  await expect(step('ARRIVED', stranger)).rejects.toMatchObject({ name: 'NotFoundError' });
  expect(await row()).toEqual(before);
});

it('given back twice at once: one release, the other finds no job', async () => {
  const { release, heard } = await job();
  const answers = await inCrowd(5, upTo(5), () =>
    release().then(
      () => 'ok',
      (error: Error) => error.name,
    ),
  );
  expect(answers.sort()).toEqual(['NotFoundError', 'NotFoundError', 'NotFoundError', 'NotFoundError', 'ok']);
  expect(heard()).toHaveLength(1);
});

describe('the steps of a job', () => {
  it('forward one at a time, each told to the user, and the last frees the pilot', async () => {
    const { booking, pilot, step, heard, row, offerRow, place } = await job();
    const told: [JobStatus, string][] = [
      ['ARRIVED', 'Your driver has arrived.'],
      ['PICKED_UP', 'Your package has been picked up.'],
      ['IN_TRANSIT', 'Your package is on its way.'],
      ['DELIVERED', 'Your package has been delivered.'],
    ];
    for (const [status] of told)
      expect(await step(status)).toMatchObject({ status, user: { name: 'Ann Customer' } });
    expect(heard()).toEqual(
      told.map(([status, message], index) => [
        'booking:status',
        { bookingId: booking.id, status, message, seq: 5 + index, at: anIsoTime },
      ]),
    );
    expect(await row()).toMatchObject({ status: 'DELIVERED', delivered_at: expect.any(Date) });
    expect(await offerRow()).toMatchObject({ end_reason: 'delivered', ended_at: expect.any(Date) });
    expect(await readJob(fixture.context, pilot)).toBeNull();
    expect(await offerOf(fixture, await book(fixture, place))).toMatchObject({ pilotId: pilot });
  });

  it('the same step twice is fine and told once, ten at once too', async () => {
    const { step, heard } = await job();
    const answers = await inCrowd(10, upTo(10), () => step('ARRIVED'));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(heard()).toHaveLength(1);
  });

  it.each(
    JOB_STATUSES.flatMap((from, here) =>
      JOB_STATUSES.filter((_, there) => there !== here && there !== here + 1).map(
        (to) => [from, to] as const,
      ),
    ),
  )('from %s to %s: 409 job_step_invalid, nothing changes', async (from, to) => {
    const { step, heard, row } = await job(from);
    const before = await row();
    await expect(step(to)).rejects.toMatchObject({ name: 'ConflictError', code: 'job_step_invalid' });
    expect(await row()).toEqual(before);
    expect(heard()).toEqual([]);
  });

  it.each(JOB_STATUSES)('a cancelled booking is not revived by a step to %s', async (status) => {
    const { booking, user, step, row } = await job();
    await cancelByCaller(fixture.context, {
      bookingId: booking.id,
      caller: { type: 'user', id: user.id },
      ageMs: 0,
    });
    const before = await row();
    await expect(step(status)).rejects.toMatchObject({
      name: expect.stringMatching(/^(Conflict|NotFound)Error$/),
    });
    expect(await row()).toEqual(before);
  });

  // Contract 5: `nudge` reads the rows after job steps; `canCancel` of the query changes with PICKED_UP.
  it.each(['ARRIVED', 'PICKED_UP', 'IN_TRANSIT', 'DELIVERED'] as const)(
    'the workflow is nudged: %s',
    async (status) => {
      const { step, lines } = await job(JOB_STATUSES[JOB_STATUSES.indexOf(status) - 1]);
      const before = (await lines()).length;
      await step(status);
      expect((await lines()).slice(before)).toEqual(['nudge']);
    },
  );
});
