// Temporal is away for a while: taps are answered and honoured, timers fire when it is back (F8, F9).
import { Cast, type PilotActor, type User } from '../support/actors.js';
import { agreed, completed, workflowState } from '../support/accounts.js';
import { freshPlace, northOf } from '../support/places.js';
import { call } from '../support/rest.js';
import { System } from '../support/system.js';
import { TemporalServer } from '../support/temporal-server.js';
import { eventually, until } from '../support/waiting.js';

/** Timers are at most this late after a restart of Temporal. */
const LATE_AT_MOST_MS = 6_000;
/** No call waits for Temporal. */
const ANSWERED_WITHIN_MS = 1_500;

let server: TemporalServer;
let system: System;
let cast: Cast;
beforeAll(async () => {
  server = await TemporalServer.start();
  system = await System.start({
    temporalAddress: server.address,
    env: { OFFER_TIMEOUT_MS: '5000', SEARCH_TIMEOUT_MS: '60000' },
  });
  cast = new Cast(system);
});
afterAll(async () => {
  cast?.leave();
  await system?.stop();
  await server?.remove();
});

interface Scene {
  user: User;
  pilot: PilotActor;
  id: string;
  offerId: string;
  expiresAt: number;
}

async function offered(): Promise<Scene> {
  const place = freshPlace();
  const [user, pilot] = await Promise.all([cast.user(), cast.pilot({ at: place })]);
  const { id } = await user.book(place);
  const { offerId, expiresAt } = await pilot.offered(id);
  return { user, pilot, id, offerId, expiresAt: Date.parse(expiresAt) };
}

async function quickly<T>(tap: Promise<T>): Promise<T> {
  const startedAt = performance.now();
  const answer = await tap;
  expect(performance.now() - startedAt).toBeLessThan(ANSWERED_WITHIN_MS);
  return answer;
}

const outbox = async (): Promise<number> => (await system.rows('SELECT 1 FROM outbox')).length;

test('away: book, accept, decline, cancel and retry are answered at once; back: all is caught up (F9)', async () => {
  const failed = await cast.user();
  const { id: again } = await failed.book(freshPlace());
  await failed.event(again, 'booking:no_pilots');
  const [taken, unwanted, dropped] = await Promise.all([offered(), offered(), offered()]);
  await server.kill9();
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
  await server.start();
  await eventually('the outbox to drain', async () => (await outbox()) === 0, 15_000);
  await agreed(system, taken.id, 'assigned', 15_000);
  await completed(system, dropped.id, 15_000);
  await unwanted.user.event(unwanted.id, 'booking:no_pilots', 15_000);
  await failed.event(again, 'booking:no_pilots', 15_000, 2);
  await taken.user.event(late.id, 'booking:no_pilots', 15_000);
  expect((await workflowState(system, late.id))?.status).toBe('RUNNING');
  const health = await call<{ temporal: string }>(system.url(), 'GET', '/health/ready');
  expect([health.status, health.body.temporal]).toEqual([200, 'up']);
});

test.each([10, 50, 99])(
  'killed at %i %% of an offer and started again: the end is at most 6 s late (F8)',
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
    await until(end - 5_000 * (1 - part / 100));
    await server.kill9();
    await server.start();
    const due = Math.max(end, Date.now());
    const next = await second.offered(id, due - Date.now() + LATE_AT_MOST_MS);
    const expired = await user.event(id, 'booking:offer_expired');
    expect(Date.parse(expired.at)).toBeGreaterThanOrEqual(end);
    expect(Date.parse(next.serverTime) - due).toBeLessThan(LATE_AT_MOST_MS);
    expect((await second.accept(next.offerId)).status).toBe(200);
    await agreed(system, id, 'assigned', 15_000);
    expect(await user.eventNames(id)).toEqual([
      ...['created', 'search_started', 'offer_sent', 'offer_expired', 'offer_sent', 'driver_assigned'],
    ]);
  },
);
