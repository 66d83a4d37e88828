// Where pilots were is forgotten after a set time (S19): of each there is one position, and it goes.
import { pino } from 'pino';
import { acceptByTap } from '../../dispatch/answer-offer.js';
import { forgetOldPositions } from '../../database/statements/pilots.js';
import { readApiConfig } from '../../src/config/environment.js';
import { Metrics } from '../../src/health/metrics.js';
import { OutboxRelay } from '../../src/outbox/outbox-relay.js';
import { Reconciler } from '../../src/reconciler/reconciler.js';
import { book, offerOf, openDispatch, type Fixture } from '../support/dispatch-fixture.js';
import { addPilot } from '../support/pilots.js';
import { freshPlace } from '../support/places.js';
import { PretendTemporal } from '../support/pretend-temporal.js';
import { eventually } from '../support/waiting.js';

const KEPT_MS = 3_600_000;

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openDispatch();
});
afterAll(() => fixture.close());

/** As if the clock had moved on since he sent it. */
const age = (pilotId: string, ms: number) =>
  fixture.query(
    `UPDATE pilot_positions SET received_at = clock_timestamp() - $2::float8 * interval '1 ms' WHERE pilot_id = $1`,
    [pilotId, ms],
  );
const kept = async (pilotId: string) =>
  (await fixture.query('SELECT 1 FROM pilot_positions WHERE pilot_id = $1', [pilotId])).length === 1;

it('S19 · an old position goes, a younger one and that of a pilot on a job stay', async () => {
  const [old, young] = [await addPilot(fixture, freshPlace()), await addPilot(fixture, freshPlace())];
  const place = freshPlace();
  const driver = await addPilot(fixture, place);
  const booking = await book(fixture, place);
  const offer = await offerOf(fixture, booking);
  await acceptByTap(fixture.context, { offerId: offer.offerId, pilotId: driver });
  await age(old, KEPT_MS + 1_000);
  await age(young, KEPT_MS - 60_000);
  await age(driver, KEPT_MS + 1_000);
  const temporal = new PretendTemporal();
  const logger = pino({ level: 'silent' });
  const config = readApiConfig({
    ...{ DATABASE_URL: fixture.url, JWT_SECRET: 'a secret of the tests', POSITIONS_KEPT_MS: String(KEPT_MS) },
  });
  const relay = new OutboxRelay(fixture.context, temporal.client, logger);
  const reconciler = new Reconciler(fixture.context, temporal.client, config, logger, relay, new Metrics());
  reconciler.onApplicationBootstrap();
  try {
    await eventually('the old position to go', async () => !(await kept(old)));
  } finally {
    await reconciler.onApplicationShutdown();
  }
  expect([await kept(young), await kept(driver)]).toEqual([true, true]);
});

it('S19 · no table keeps a track: positions stand in one row for each pilot, and nowhere else', async () => {
  const found = await fixture.query<{ name: string }>(
    `SELECT table_name || '.' || column_name AS name FROM information_schema.columns
     WHERE table_schema = 'public' AND (column_name ~ '(^|_)(lat|lng)$' OR column_name IN ('place', 'heading')) ORDER BY 1`,
  );
  expect(found.map((one) => one.name)).toEqual([
    ...['bookings.dropoff_lat', 'bookings.dropoff_lng', 'bookings.pickup_lat', 'bookings.pickup_lng'],
    ...['pilot_positions.heading', 'pilot_positions.lat', 'pilot_positions.lng', 'pilot_positions.place'],
  ]);
  expect(await forgetOldPositions(fixture.source.manager, KEPT_MS)).toBe(0);
});
