// What one booking with one accept asks of Postgres and Temporal; its history events: test/workflows/budget.test.ts.
import {
  BUDGET_OF_A_BOOKING,
  countCalls,
  perBooking,
  withoutIdle,
  type Counted,
} from '../../bench/budget.js';
import { workflowIdOf } from '../../contract/workflow.js';
import { Cast, type PilotActor } from '../support/actors.js';
import { freshPlace } from '../support/places.js';
import { System } from '../support/system.js';
import { eventually } from '../support/waiting.js';

const BOOKINGS = 8;
/** All that a system does by itself it does at least once in this time. */
const IDLE_MS = 4_000;

let system: System;
let counted: Counted;
let cast: Cast;
beforeAll(async () => {
  system = await System.prepare({ env: { OFFER_TIMEOUT_MS: '30000', SEARCH_TIMEOUT_MS: '120000' } });
  counted = await countCalls(system.database.url, system.temporal.address);
  const env = { DATABASE_URL: counted.databaseUrl, TEMPORAL_ADDRESS: counted.temporalAddress };
  await Promise.all([system.startWorker(env), system.startApi(env)]);
  await system.api().waitReady();
  cast = new Cast(system);
});
afterAll(async () => {
  cast?.leave();
  await system?.stop();
  await counted?.close();
});

/** The outbox is empty, and the workflow has taken its signal and rests. */
async function settled(bookingId: string): Promise<void> {
  await eventually(`${bookingId} to settle`, async () => {
    const lines = await system.rows('SELECT FROM outbox WHERE booking_id = $1', [bookingId]);
    const handle = system.temporal.client.workflow.getHandle(workflowIdOf(bookingId));
    const { events = [] } = await handle.fetchHistory();
    const count = (fits: (one: (typeof events & object)[number]) => boolean) =>
      events?.filter(fits).length ?? 0;
    const begun = count((one) => one.workflowTaskScheduledEventAttributes != null);
    const done = count((one) => one.workflowTaskCompletedEventAttributes != null);
    return lines.length === 0 && begun === done && done >= 2;
  });
}

test('a booking with one accept keeps to its commits, its notifications and its calls to Temporal', async () => {
  const user = await cast.user();
  const places = Array.from({ length: BOOKINGS }, freshPlace);
  const pilots: PilotActor[] = [];
  for (const at of places) pilots.push(await cast.pilot({ at }));
  counted.take();
  // Not a wait for something: the time in which nothing is asked for is what is measured.
  await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
  const idle = counted.take();
  const ids: string[] = [];
  for (const [index, place] of places.entries()) {
    const pilot = pilots[index] as PilotActor;
    const { id } = await user.book(place);
    const { offerId } = await pilot.offered(id);
    expect((await pilot.accept(offerId)).status).toBe(200);
    await user.hears('booking:driver_assigned', (one) => one['bookingId'] === id);
    ids.push(id);
  }
  for (const id of ids) await settled(id);
  const busy = counted.take();
  const spent = perBooking(busy, idle, BOOKINGS);
  // Taps that counted nothing would keep to every budget.
  expect(spent.notifyingCommits).toBeGreaterThanOrEqual(2);
  expect(spent.writingCommits).toBeGreaterThanOrEqual(3);
  expect(spent.temporalCalls).toBeGreaterThanOrEqual(4);
  const own = withoutIdle(busy.transactions, idle.transactions).map(({ statements }) =>
    statements.join(';\n'),
  );
  const over = [
    spent.commits > BUDGET_OF_A_BOOKING.commits ? own : [],
    spent.notifyingCommits > BUDGET_OF_A_BOOKING.notifyingCommits ? own : [],
    spent.temporalCalls > BUDGET_OF_A_BOOKING.temporalCalls ? [spent.temporalCalls] : [],
  ];
  expect(over).toEqual([[], [], []]);
});
