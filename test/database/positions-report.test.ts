// Reports of positions as an API process takes them: in batches, acknowledged when committed, told to the user.
import { setTimeout as sleep } from 'node:timers/promises';
import type { UserLiveEvents } from '../../contract/shapes.js';
import { userLiveShapes } from '../../contract/shapes.js';
import { acceptByTap } from '../../dispatch/answer-offer.js';
import { stepJob } from '../../dispatch/jobs.js';
import { Positions } from '../../src/pilots/positions.js';
import { Metrics } from '../../src/health/metrics.js';
import { RateLimiter } from '../../src/http/rate-limiter.js';
import { inCrowd, outcome, upTo } from '../support/crowd.js';
import { book, claim, customer, offerOf, openDispatch, type Fixture } from '../support/dispatch-fixture.js';
import { anIsoTime } from '../support/matchers.js';
import { addPilot, addPilots } from '../support/pilots.js';
import { freshPlace, northOf } from '../support/places.js';
import { eventually } from '../support/waiting.js';

let fixture: Fixture;
let positions: Positions;
const told: [string, UserLiveEvents['booking:pilot_location']][] = [];
beforeAll(async () => {
  fixture = await openDispatch();
  positions = new Positions(fixture.context);
  positions.tellThrough((room, payload) => told.push([room, payload]));
});
afterAll(() => fixture.close());

const latOf = async (pilot: string) =>
  (await fixture.query<{ lat: number }>('SELECT lat FROM pilot_positions WHERE pilot_id = $1', [pilot]))[0]
    ?.lat;

it('acknowledged means committed: the next search sees it', async () => {
  const [here, there] = [freshPlace(), freshPlace()];
  const pilot = await addPilot(fixture, here);
  await fixture.query(
    `UPDATE pilot_positions SET received_at = received_at - interval '1 day' WHERE pilot_id = $1`,
    [pilot],
  );
  await positions.report(pilot, there);
  expect(await claim(fixture, await book(fixture, there))).toMatchObject({ offer: { pilotId: pilot } });
});

it('of many reports of one pilot at once the last counts, and each is acknowledged', async () => {
  const place = freshPlace();
  const pilots = await addPilots(
    fixture,
    upTo(20).map(() => place),
  );
  const reports = upTo(200).map((index) => ({
    pilot: pilots[index % 20] ?? '',
    at: northOf(place, index / 100),
  }));
  await Promise.all(reports.map(({ pilot, at }) => positions.report(pilot, at)));
  for (const [index, pilot] of pilots.entries())
    expect(await latOf(pilot)).toBe(northOf(place, (180 + index) / 100).lat);
});

it('one batch at a time: what comes while one is under way is written together after it, in order', async () => {
  const place = freshPlace();
  const pilots = await addPilots(
    fixture,
    upTo(30).map(() => place),
  );
  const [held = ''] = pilots;
  const underWay = async () => {
    const [found] = await fixture.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM pg_stat_activity
       WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE 'INSERT INTO pilot_positions%'`,
    );
    return found?.n ?? 0;
  };
  const holder = fixture.source.createQueryRunner();
  await holder.startTransaction();
  await holder.query('SELECT 1 FROM pilot_positions WHERE pilot_id = $1 FOR UPDATE', [held]);
  const first = positions.report(held, northOf(place, 1));
  await eventually('the first batch to wait', async () => (await underWay()) === 1);
  let acknowledged = 0;
  const later = upTo(90).map((index) =>
    positions
      .report(pilots[index % 30] ?? '', northOf(place, 2 + index / 100))
      .then(() => (acknowledged += 1)),
  );
  // Longer than positions wait for each other: a second batch would be under way by now.
  await sleep(200);
  expect([await underWay(), acknowledged]).toEqual([1, 0]);
  await holder.commitTransaction();
  await holder.release();
  await Promise.all([first, ...later]);
  for (const [index, pilot] of pilots.entries())
    expect(await latOf(pilot)).toBe(northOf(place, 2 + (60 + index) / 100).lat);
});

it('a batch that fails fails for its own, and the next one is written', async () => {
  const place = freshPlace();
  const pilot = await addPilot(fixture, place);
  const broken = outcome(positions.report('no-uuid', place));
  expect(await broken).toMatchObject({ ok: false });
  await positions.report(pilot, northOf(place, 3));
  expect(await latOf(pilot)).toBe(northOf(place, 3).lat);
});

it('a stranger among them gets NotFoundError, the others are written', async () => {
  const place = freshPlace();
  const pilot = await addPilot(fixture, place);
  const [stranger, known] = await Promise.all([
    outcome(positions.report(customer().id, place)),
    outcome(positions.report(pilot, northOf(place, 1))),
  ]);
  expect(stranger).toMatchObject({ ok: false, error: { name: 'NotFoundError' } });
  expect(known).toMatchObject({ ok: true });
});

it('the time that a phone claims is not believed (F22)', async () => {
  const place = freshPlace();
  const pilot = await addPilot(fixture, place);
  for (const at of ['2000-01-01T00:00:00Z', '2099-01-01T00:00:00Z']) {
    await positions.report(pilot, { ...place, at });
    const [row] = await fixture.query<{ ago: number }>(
      'SELECT extract(epoch FROM clock_timestamp() - received_at)::float AS ago FROM pilot_positions WHERE pilot_id = $1',
      [pilot],
    );
    expect(Math.abs(row?.ago ?? 99)).toBeLessThan(5);
  }
});

it('during a job the user is told: to the pickup before it, to the drop-off after, and no more at the end', async () => {
  const place = freshPlace();
  const user = customer();
  const pilot = await addPilot(fixture, place);
  const booking = await book(fixture, place, {}, user);
  const offer = await offerOf(fixture, booking);
  const mine = () => told.filter(([room]) => room === `user:${user.id}`).map(([, payload]) => payload);
  const moveTo = async (km: number, heading?: number) => {
    const known = mine().length;
    await positions.report(pilot, { ...northOf(place, km), ...(heading === undefined ? {} : { heading }) });
    return eventually('the position', () => mine()[known]);
  };
  const step = (status: 'ARRIVED' | 'PICKED_UP' | 'IN_TRANSIT' | 'DELIVERED') =>
    stepJob(fixture.context, { bookingId: booking.id, pilotId: pilot, status });
  await positions.report(pilot, northOf(place, 2)); // an offer is no job
  // The next report is written when those of the one before have been told.
  const other = await addPilot(fixture, place);
  await positions.report(other, place);
  await acceptByTap(fixture.context, offer);
  const first = await moveTo(1, 180);
  expect(first).toEqual({
    bookingId: booking.id,
    ...northOf(place, 1),
    heading: 180,
    distanceKm: 1,
    etaSeconds: 144,
    at: anIsoTime,
  });
  expect(userLiveShapes['booking:pilot_location'].strict().safeParse(first).error).toBeUndefined();
  await step('ARRIVED');
  expect(await moveTo(0.5)).toMatchObject({ distanceKm: 0.5, heading: null });
  await step('PICKED_UP');
  expect(await moveTo(0.5)).toMatchObject({ distanceKm: 2.5, etaSeconds: 360 });
  await step('IN_TRANSIT');
  expect(await moveTo(2)).toMatchObject({ distanceKm: 1 });
  await step('DELIVERED');
  const before = mine().length;
  await positions.report(pilot, place);
  await positions.report(other, place);
  expect(mine()).toHaveLength(before);
  expect(mine()).toHaveLength(4);
});

it('S11 · two processes together let exactly the limit pass', async () => {
  const limiters = [1, 2].map(() => new RateLimiter(fixture.context, new Metrics()));
  const { id } = customer();
  const key = `token:${id}`;
  const takes = await inCrowd(40, upTo(400), (index) =>
    outcome(limiters[index % 2]?.take('token', id, 60) ?? Promise.reject()),
  );
  const minutes = await fixture.query('SELECT minute FROM rate_counters WHERE key = $1', [key]);
  const passed = takes.filter((take) => take.ok).length;
  if (minutes.length === 1) expect(passed).toBe(60);
  else expect(passed).toBeLessThanOrEqual(60 * minutes.length);
  for (const take of takes)
    if (!take.ok) expect(take.error).toMatchObject({ name: 'TooManyRequestsException' });
});
