// Why not pilot X: each look of a search leaves how many could have been asked, and why each near one was not.
import { SEARCH_STEPS_KEPT_MS, type SearchLimits } from '../../contract/limits.js';
import type { LatLng } from '../../contract/geo.js';
import { claimPilot } from '../../database/statements/claim.js';
import { lockBooking } from '../../database/statements/bookings.js';
import { stepsOf, sweepSteps, type SearchStepRow } from '../../database/statements/search-steps.js';
import { startSearch } from '../../database/statements/searches.js';
import type { BookingRow } from '../../database/rows.js';
import { setOnline } from '../../database/statements/pilots.js';
import { acceptByTap, declineByTap } from '../../dispatch/answer-offer.js';
import { releaseByPilot } from '../../dispatch/jobs.js';
import { expectAgreement } from '../support/agreement.js';
import { book, claim, offerOf, openDispatch, type Fixture } from '../support/dispatch-fixture.js';
import { addPilot, addPilots } from '../support/pilots.js';
import { freshPlace, northOf } from '../support/places.js';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openDispatch();
});
afterEach(() => expectAgreement(fixture));
afterAll(() => fixture.close());

const steps = (booking: { id: string }): Promise<SearchStepRow[]> =>
  stepsOf(fixture.source.manager, booking.id);
const reasonsOf = (step: SearchStepRow | undefined): Record<string, string> =>
  Object.fromEntries((step?.reasons ?? []).map((one) => [one.pilotId, one.reason]));
const set = (table: string, key: string, pilotId: string, change: string): Promise<unknown> =>
  fixture.query(`UPDATE ${table} SET ${change} WHERE ${key} = $1`, [pilotId]);

async function bookAndOffer(place: LatLng, limits: Partial<SearchLimits> = {}) {
  const booking = await book(fixture, place, limits);
  return { booking, offer: await offerOf(fixture, booking) };
}

it('tells of every near pilot why he was not asked, nearest first, with the distance', async () => {
  const place = freshPlace();
  const pilot = (km: number, vehicleTypeId = 'bike') => addPilot(fixture, place, { km, vehicleTypeId });
  // Whoever is held by another booking is so before this one is made.
  const onJob = await pilot(0.1);
  const job = await bookAndOffer(place);
  await acceptByTap(fixture.context, { pilotId: onJob, offerId: job.offer.offerId });
  const holding = await pilot(0.2);
  await bookAndOffer(place);
  const [offline, stale, unreachable] = [await pilot(0.3), await pilot(0.4), await pilot(0.5)];
  await setOnline(fixture.source.manager, offline, false);
  await set('pilot_positions', 'pilot_id', stale, `received_at = clock_timestamp() - interval '61 s'`);
  await set('pilot_presence', 'pilot_id', unreachable, `seen_at = clock_timestamp() - interval '11 s'`);
  const [cooling, implausible] = [await pilot(0.6), await pilot(0.7)];
  await set('pilots', 'id', cooling, `cooldown_until = clock_timestamp() + interval '1 min'`);
  const soon = `implausible_until = clock_timestamp() + interval '1 min'`;
  await set('pilot_positions', 'pilot_id', implausible, soon);
  const van = await pilot(0.8, 'van');
  const [declined, asked, farther, outside] = [
    await pilot(0.9),
    await pilot(1),
    await pilot(2),
    await pilot(16),
  ];
  const { booking, offer } = await bookAndOffer(place);
  await declineByTap(fixture.context, { pilotId: declined, offerId: offer.offerId });
  const second = await offerOf(fixture, booking);
  const [before, after, ...more] = await steps(booking);
  expect(more).toEqual([]);
  expect(before).toMatchObject({ step: 1, kind: 'asked', offer_id: offer.offerId, candidates: 3 });
  expect(after).toMatchObject({ step: 2, kind: 'asked', offer_id: second.offerId, looked_at: 12 });
  expect(after?.candidates).toBe(2);
  expect(reasonsOf(after)).toEqual({
    [onJob]: 'on_job',
    [holding]: 'holding_offer',
    [offline]: 'offline',
    [stale]: 'stale_position',
    [unreachable]: 'unreachable',
    [cooling]: 'cooling_down',
    [implausible]: 'implausible',
    [van]: 'other_vehicle',
    [declined]: 'declined',
    [asked]: 'asked',
    [farther]: 'farther',
    [outside]: 'out_of_radius',
  });
  const km = after?.reasons.map((one) => one.km) ?? [];
  expect(km).toEqual([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 2, 16]);
  expect(after?.reasons[0]?.pilotName).toBe('Paul Pilot');
});

it('who gave this booking back, and who let an offer pass, are told apart', async () => {
  const place = freshPlace();
  const [back, silent] = [
    await addPilot(fixture, place, { km: 1 }),
    await addPilot(fixture, place, { km: 2 }),
  ];
  const { booking, offer } = await bookAndOffer(place);
  await acceptByTap(fixture.context, { pilotId: back, offerId: offer.offerId });
  await releaseByPilot(fixture.context, { bookingId: booking.id, pilotId: back, reason: 'flat tyre' });
  await offerOf(fixture, booking);
  await setOnline(fixture.source.manager, silent, true);
  const past = `offered_at = offered_at - interval '1 min', expires_at = clock_timestamp() - interval '1 ms'`;
  await fixture.query(`UPDATE offers SET ${past} WHERE booking_id = $1 AND status = 'OFFERED'`, [booking.id]);
  await fixture.query(
    `UPDATE offers SET status = 'EXPIRED', ended_at = clock_timestamp(), end_reason = 'timeout'
     WHERE booking_id = $1 AND status = 'OFFERED'`,
    [booking.id],
  );
  expect((await claim(fixture, booking)).kind).toBe('failed');
  const last = (await steps(booking)).at(-1);
  expect(last).toMatchObject({ search_no: 2, kind: 'no_one', candidates: 0 });
  expect(reasonsOf(last)).toEqual({ [back]: 'gave_it_back', [silent]: 'tried' });
});

it('a nearer pilot who is locked by another claim has lost the race', async () => {
  const place = freshPlace();
  const [near, far] = [await addPilot(fixture, place, { km: 1 }), await addPilot(fixture, place, { km: 2 })];
  const runner = fixture.source.createQueryRunner();
  await runner.startTransaction();
  await runner.query('SELECT 1 FROM pilots WHERE id = $1 FOR NO KEY UPDATE', [near]);
  const { booking } = await bookAndOffer(place);
  await runner.rollbackTransaction();
  await runner.release();
  expect(reasonsOf((await steps(booking))[0])).toEqual({ [near]: 'lost_race', [far]: 'asked' });
});

it('a search that waits and looks again leaves one step that counts, not one each', async () => {
  const booking = await book(fixture, freshPlace(), { searchPatienceMs: 60_000 });
  for (let look = 1; look <= 4; look += 1) expect((await claim(fixture, booking)).kind).toBe('waiting');
  const found = await steps(booking);
  expect(found).toMatchObject([
    { step: 1, kind: 'no_one', times: 4, looked_at: 0, candidates: 0, reasons: [] },
  ]);
});

it('the same claim again leaves no second step', async () => {
  const place = freshPlace();
  await addPilot(fixture, place);
  const { booking } = await bookAndOffer(place);
  await claim(fixture, booking);
  expect(await steps(booking)).toHaveLength(1);
});

it('steps older than their time are swept, others stay', async () => {
  const [old, young] = [await book(fixture, freshPlace()), await book(fixture, freshPlace())];
  for (const one of [old, young]) await claim(fixture, one);
  await fixture.query(
    `UPDATE search_steps SET at = at - $2::double precision * interval '1 ms' WHERE booking_id = $1`,
    [old.id, SEARCH_STEPS_KEPT_MS],
  );
  await sweepSteps(fixture.source.manager, SEARCH_STEPS_KEPT_MS);
  expect(await steps(old)).toEqual([]);
  expect(await steps(young)).toHaveLength(1);
});

describe('among thousands in one place', () => {
  const place = freshPlace();
  beforeAll(async () => {
    const [model] = await addPilots(fixture, [northOf(place, 14.9)]);
    await fixture.query(
      `WITH crowd AS (
         INSERT INTO pilots (id, name, vehicle_type_id, online)
         SELECT gen_random_uuid(), 'Crowd', 'bike', true FROM generate_series(1, 3000) RETURNING id
       ), seen AS (INSERT INTO pilot_presence SELECT crowd.id, p.seen_at FROM crowd, pilot_presence p WHERE p.pilot_id = $1)
       INSERT INTO pilot_positions (pilot_id, lat, lng, place, received_at)
       SELECT id, lat, lng, dispatch_place(lat, lng), clock_timestamp()
       FROM (SELECT id, $2 + (random() - 0.5) / 20 AS lat, $3 + (random() - 0.5) / 20 AS lng FROM crowd) spread`,
      [model, place.lat, place.lng],
    );
    await fixture.query('ANALYZE pilots, pilot_positions, pilot_presence');
  });

  it('F24 · the claim reads the nearest few by the index, whatever number is near', async () => {
    const { id } = await book(fixture, place);
    await fixture.source.transaction(async (manager) => {
      const booking = (await lockBooking(manager, id)) as BookingRow;
      await startSearch(manager, id, 1, 120_000);
      const offer = { id, number: 1 };
      const explained: string[] = [];
      const client = {
        query: async ({ text, values }: { text: string; values: unknown[] }) => {
          const plan = await manager.query<Record<string, string>[]>(`EXPLAIN ANALYZE ${text}`, values);
          explained.push(...plan.map((line) => line['QUERY PLAN'] ?? ''));
          return { rows: [] };
        },
      };
      const runner = { isReleased: false, connect: () => Promise.resolve(client) };
      await claimPilot({ queryRunner: runner } as never, booking, booking.limits, offer);
      const scan = explained.find((line) => line.includes('ix_pilot_positions_listed')) ?? '';
      expect(scan).toMatch(/Index Scan/);
      expect(Number(/actual time=\S+ rows=(\d+)/.exec(scan)?.[1])).toBeLessThan(100);
    });
  });

  it('a step looks at the nearest fifty and keeps the nearest twenty', async () => {
    const { booking } = await bookAndOffer(place);
    const [step] = await steps(booking);
    expect(step).toMatchObject({ looked_at: 50, kind: 'asked' });
    expect(step?.reasons).toHaveLength(20);
    expect(step?.candidates).toBeGreaterThanOrEqual(48);
  });
});
