// The reconciler (design 6) over real rows: it finds what no one is working on, one process at a time.
import { pino } from 'pino';
import { Metrics } from '../../src/health/metrics.js';
import { OutboxRelay } from '../../src/outbox/outbox-relay.js';
import { Reconciler } from '../../src/reconciler/reconciler.js';
import { readApiConfig } from '../../src/config/environment.js';
import { acceptByTap } from '../../dispatch/answer-offer.js';
import { expectAgreement } from '../support/agreement.js';
import { book, claim, letPass, offerOf, openDispatch, type Fixture } from '../support/dispatch-fixture.js';
import { addPilot } from '../support/pilots.js';
import { freshPlace } from '../support/places.js';
import { PretendTemporal } from '../support/pretend-temporal.js';
import { eventually, never } from '../support/waiting.js';

let fixture: Fixture;
const temporal = new PretendTemporal();
const processes: { reconciler: Reconciler; metrics: Metrics }[] = [];
beforeAll(async () => {
  fixture = await openDispatch();
  const config = readApiConfig({ DATABASE_URL: fixture.url, JWT_SECRET: 'a secret of the tests' });
  for (let process = 0; process < 2; process += 1) {
    const logger = pino({ level: 'silent' });
    const context = { ...fixture.context };
    const metrics = new Metrics();
    const relay = new OutboxRelay(context, temporal.client, logger);
    processes.push({
      reconciler: new Reconciler(context, temporal.client, config, logger, relay, metrics),
      metrics,
    });
  }
  for (const { reconciler } of processes) reconciler.onApplicationBootstrap();
});
afterEach(() => expectAgreement(fixture));
afterAll(async () => {
  await Promise.all(processes.map(({ reconciler }) => reconciler.onApplicationShutdown()));
  await fixture.close();
});

const repairs = async (kind: string) => {
  const counts = await Promise.all(processes.map(({ metrics }) => metrics.repairs.get()));
  return counts
    .flatMap(({ values }) => values)
    .filter((one) => one.labels.kind === kind)
    .reduce((sum, one) => sum + one.value, 0);
};
/** A booking whose start Temporal was told; `running`: its workflow is open. */
async function booked(running: boolean, limits = {}, place = freshPlace()) {
  const booking = await book(fixture, place, limits);
  await fixture.query('DELETE FROM outbox WHERE booking_id = $1', [booking.id]);
  if (running) temporal.open.add(booking.id);
  return { booking, place };
}

it('a search that waits with patience hears of a pilot who comes within 1 s (rule 3)', async () => {
  const { booking, place } = await booked(true, { searchPatienceMs: 60_000 });
  expect(await claim(fixture, booking)).toMatchObject({ kind: 'waiting' });
  await never('a nudge without a pilot', () => temporal.of(booking.id).includes('nudge'), 900);
  await addPilot(fixture, place);
  await eventually('the nudge', () => temporal.of(booking.id).includes('nudge'), 1_000);
  expect(await claim(fixture, booking)).toMatchObject({ kind: 'offered' });
});

it('a thousand that wait where nobody is, and whose patience ends sooner, keep no other from hearing', async () => {
  const { booking, place } = await booked(true, { searchPatienceMs: 100_000 });
  expect(await claim(fixture, booking)).toMatchObject({ kind: 'waiting' });
  await fixture.query(
    `WITH others AS (
       INSERT INTO bookings (id, user_id, user_name, pickup_lat, pickup_lng, pickup_address, dropoff_lat, dropoff_lng,
         dropoff_address, vehicle_type_id, limits)
       SELECT gen_random_uuid(), user_id, 'Nobody near', -60, -150, 'A', -60, -150, 'B', vehicle_type_id, limits
       FROM bookings, generate_series(1, 1000) WHERE id = $1 RETURNING id
     )
     INSERT INTO searches (booking_id, search_no, origin, started_at, ends_at, waiting_until)
     SELECT others.id, 1, 'booking', s.started_at, s.ends_at, s.waiting_until - interval '30 seconds'
     FROM others, searches s WHERE s.booking_id = $1`,
    [booking.id],
  );
  try {
    await addPilot(fixture, place);
    await eventually('the nudge', () => temporal.of(booking.id).includes('nudge'), 1_000);
  } finally {
    await fixture.query(`DELETE FROM searches WHERE booking_id IN
      (SELECT id FROM bookings WHERE user_name = 'Nobody near')`);
    await fixture.query(`DELETE FROM bookings WHERE user_name = 'Nobody near'`);
  }
  expect(await claim(fixture, booking)).toMatchObject({ kind: 'offered' });
});

it('an offer that is overdue is ended, and its workflow told', async () => {
  const { booking, place } = await booked(true);
  await addPilot(fixture, place);
  const { offerId } = await offerOf(fixture, booking);
  await letPass(fixture, booking, 34_000);
  await eventually('the end of the offer', async () => {
    const [offer] = await fixture.query('SELECT status FROM offers WHERE id = $1', [offerId]);
    return offer?.['status'] === 'EXPIRED';
  });
  await eventually('the nudge', () => temporal.of(booking.id).includes('nudge'));
  expect(await repairs('overdue_offer')).toBe(1);
});

it('a search past its end whose workflow is gone gets a new one; an open one has its own timers', async () => {
  const { booking: busy } = await booked(true, { searchPatienceMs: 600_000 });
  const { booking: gone } = await booked(false, { searchPatienceMs: 600_000 });
  for (const booking of [busy, gone]) {
    await claim(fixture, booking);
    await letPass(fixture, booking, 125_000);
  }
  await eventually('the start', () => temporal.of(gone.id).includes('start'));
  expect(temporal.of(busy.id)).not.toContain('start');
});

it('a workflow that was terminated during a job is brought back; that of a booking that is over is not', async () => {
  const { booking, place } = await booked(false);
  await addPilot(fixture, place);
  await acceptByTap(fixture.context, await offerOf(fixture, booking));
  await fixture.query('DELETE FROM outbox WHERE booking_id = $1', [booking.id]);
  const { booking: over } = await booked(false);
  await fixture.query(`UPDATE bookings SET status = 'CANCELLED' WHERE id = $1`, [over.id]);
  await fixture.query(
    `UPDATE searches SET outcome = 'cancelled', ended_at = clock_timestamp() WHERE booking_id = $1`,
    [over.id],
  );
  temporal.broken = [booking.id, over.id];
  await eventually('the start', () => temporal.of(booking.id).includes('start'), 15_000);
  expect(temporal.of(over.id)).toEqual([]);
  expect(await repairs('broken_workflow')).toBe(1);
});

it('a workflow that was deleted is in no list: in the midst of a search, or after one that failed, it is brought back', async () => {
  const limits = { searchPatienceMs: 600_000, searchTimeoutMs: 600_000 };
  const { booking: open } = await booked(true, limits);
  const { booking: searching } = await booked(true, limits);
  const { booking: failed } = await booked(true);
  for (const booking of [open, searching, failed]) {
    await claim(fixture, booking);
    await letPass(fixture, booking, 7_000);
  }
  for (const booking of [searching, failed]) temporal.open.delete(booking.id);
  for (const booking of [searching, failed])
    await eventually('the start', () => temporal.of(booking.id).includes('start'), 15_000);
  expect(temporal.of(open.id)).toEqual([]);
  expect(await repairs('lost_workflow')).toBe(2);
});

it('while Temporal is away it goes on with the rows, and nudges when it is back', async () => {
  temporal.away = true;
  const { booking } = await booked(false, { searchPatienceMs: 600_000 });
  const { booking: held, place } = await booked(true);
  await addPilot(fixture, place);
  const { offerId } = await offerOf(fixture, held);
  await claim(fixture, booking);
  for (const one of [booking, held]) await letPass(fixture, one, 125_000);
  await eventually('the end of the offer', async () => {
    const [offer] = await fixture.query('SELECT status FROM offers WHERE id = $1', [offerId]);
    return offer?.['status'] !== 'OFFERED';
  });
  temporal.away = false;
  await eventually('the start', () => temporal.of(booking.id).includes('start'));
});

it('one process does it at a time', async () => {
  const leases = await fixture.query<{ holder: string }>(
    `SELECT holder FROM leases WHERE name = 'reconciler'`,
  );
  expect(leases).toHaveLength(1);
});
