// Temporal is away for a while: taps are answered and honoured, timers fire when it is back.
import { bookingAt, Cast, type User } from '../support/actors.js';
import { agreed, completed, workflowState } from '../support/accounts.js';
import { expectProblem } from '../support/conform.js';
import { LONG } from '../support/counts.js';
import { freshPlace, northOf } from '../support/places.js';
import { Proxy } from '../support/proxy.js';
import { call } from '../support/rest.js';
import { offeredBooking } from '../support/states.js';
import { System } from '../support/system.js';
import { TemporalServer } from '../support/temporal-server.js';
import { eventually, until } from '../support/waiting.js';

/** Timers are at most this late after a restart of Temporal. */
const LATE_AT_MOST_MS = 6_000;
/** No call waits for Temporal. */
const ANSWERED_WITHIN_MS = 1_500;
/** A minute; in `npm test` until it is called down, at least. */
const AWAY_MS = LONG ? 60_000 : 0;
/** So many bookings may wait for their search, and four times as many while Temporal is away. */
const BACKLOG = 6;

let server: TemporalServer;
/** Between the API and Temporal; the worker reaches it directly. */
let proxy: Proxy;
let system: System;
let cast: Cast;
beforeAll(async () => {
  server = await TemporalServer.start();
  proxy = await Proxy.before(server.address);
  system = await System.prepare({
    temporalAddress: server.address,
    env: {
      OFFER_TIMEOUT_MS: '5000',
      SEARCH_TIMEOUT_MS: String(AWAY_MS + 60_000),
      BOOKING_BACKLOG: String(BACKLOG),
    },
  });
  await Promise.all([system.startWorker(), system.startApi({ TEMPORAL_ADDRESS: proxy.address })]);
  await system.api().waitReady();
  cast = new Cast(system);
});
afterEach(() => proxy.mend());
afterAll(async () => {
  cast?.leave();
  await system?.stop();
  await proxy?.stop();
  await server?.remove();
});

const offered = () => offeredBooking(cast);

async function quickly<T>(tap: Promise<T>): Promise<T> {
  const startedAt = performance.now();
  const answer = await tap;
  expect(performance.now() - startedAt).toBeLessThan(ANSWERED_WITHIN_MS);
  return answer;
}

const searchesBegun = async (ids: string[]): Promise<number> =>
  (
    await system.rows('SELECT FROM searches WHERE booking_id = ANY ($1::uuid[]) AND started_at IS NOT NULL', [
      ids,
    ])
  ).length;

const outbox = async (): Promise<number> => (await system.rows('SELECT 1 FROM outbox')).length;

interface Trouble {
  name: string;
  begin: () => Promise<void> | void;
  end: () => Promise<void> | void;
}
const TROUBLES: Trouble[] = [
  { name: 'is killed', begin: () => server.kill9(), end: () => server.start() },
  { name: "is out of the API's reach", begin: () => proxy.refuse(), end: () => proxy.mend() },
];

/** Books until more wait than may while Temporal is there, and it is refused all the same; answers what was taken. */
async function bookUntilRefused(user: User): Promise<string[]> {
  const taken: string[] = [];
  const refused = await eventually('a refusal', async () => {
    const reply = await user.request<{ id: string }>('POST', '/bookings', bookingAt(freshPlace()));
    if (reply.status === 201) taken.push(reply.body.id);
    return reply.status !== 201 && taken.length > BACKLOG && reply;
  });
  expectProblem(refused, 503);
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  expect(taken.length).toBeLessThanOrEqual(4 * BACKLOG);
  return taken;
}

test.each(TROUBLES)(
  'F9 · Temporal $name: taps and bookings are answered at once; back: all is caught up',
  async ({ begin, end }) => {
    const failed = await cast.user();
    const { id: again } = await failed.book(freshPlace());
    await failed.event(again, 'booking:no_pilots');
    const [taken, unwanted, dropped] = await Promise.all([offered(), offered(), offered()]);
    await begin();
    const awayAt = Date.now();
    expect((await quickly(taken.pilot.accept(taken.offerId))).status).toBe(200);
    expect((await quickly(unwanted.pilot.decline(unwanted.offerId))).status).toBe(200);
    expect((await quickly(dropped.user.cancel(dropped.id))).status).toBe(200);
    expect((await quickly(failed.retry(again))).status).toBe(200);
    const late = await quickly(taken.user.book(freshPlace()));
    // Those who wait are told by the rows, not by Temporal.
    await taken.user.hears('booking:driver_assigned', (one) => one['bookingId'] === taken.id);
    await dropped.pilot.hears('offer:expired', (one) => one['offerId'] === dropped.offerId);
    await eventually('temporal to be called down', async () => {
      const health = await call<{ temporal: string }>(system.url(), 'GET', '/health/ready');
      expect(health.status).toBe(200);
      return health.body.temporal === 'down';
    });
    expect(await taken.pilot.step(taken.id, 'ARRIVED')).toMatchObject({ status: 200 });
    const many = await bookUntilRefused(await cast.user({ connected: false }));
    await until(awayAt + AWAY_MS);
    await end();
    for (const id of many)
      await eventually('its search', async () => (await searchesBegun([id])) === 1, 15_000);
    await eventually('the outbox to drain', async () => (await outbox()) === 0, 15_000);
    await agreed(system, taken.id, 'assigned', 15_000);
    await completed(system, dropped.id, 15_000);
    await unwanted.user.event(unwanted.id, 'booking:no_pilots', 15_000);
    await failed.event(again, 'booking:no_pilots', 15_000, 2);
    await taken.user.event(late.id, 'booking:no_pilots', 15_000);
    expect((await workflowState(system, late.id))?.status).toBe('RUNNING');
    // It is looked at once a second, and a look at a Temporal that is away takes up to three.
    const health = await eventually('Temporal to be seen again', async () => {
      const seen = await call<{ temporal: string }>(system.url(), 'GET', '/health/ready');
      return seen.body.temporal === 'up' ? seen : null;
    });
    expect(health.status).toBe(200);
  },
);

test.each([10, 50, 99])(
  'F8 · killed at %i %% of an offer and started again: the end is at most 6 s late, accepts work meanwhile',
  async (part) => {
    const place = freshPlace();
    const user = await cast.user();
    const [first, second] = [
      await cast.pilot({ at: northOf(place, 0.1) }),
      await cast.pilot({ at: northOf(place, 0.2) }),
    ];
    const { id } = await user.book(place);
    const offer = await first.offered(id);
    const end = Date.parse(offer.expiresAt);
    const killAt = end - 5_000 * (1 - part / 100);
    // Made so late that its time is not over when the server has died.
    await until(killAt - 2_000);
    const other = await offered();
    await until(killAt);
    await server.kill9();
    expect((await quickly(other.pilot.accept(other.offerId))).status).toBe(200);
    await server.start();
    const due = Math.max(end, Date.now());
    const next = await second.offered(id, due - Date.now() + LATE_AT_MOST_MS);
    const expired = await user.event(id, 'booking:offer_expired');
    expect(Date.parse(expired.at)).toBeGreaterThanOrEqual(end);
    expect(Date.parse(next.serverTime) - due).toBeLessThan(LATE_AT_MOST_MS);
    expect((await second.accept(next.offerId)).status).toBe(200);
    await agreed(system, id, 'assigned', 15_000);
    await agreed(system, other.id, 'assigned', 15_000);
    expect(await user.eventNames(id)).toEqual([
      ...['created', 'search_started', 'offer_sent', 'offer_expired', 'offer_sent', 'driver_assigned'],
    ]);
  },
);
