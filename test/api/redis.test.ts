// With REDIS_URL events go through Redis: to all processes, each once; and a Redis that dies costs a moment, never a fact.
import { Redis } from 'ioredis';
import type { BookingEvent } from '../../contract/shapes.js';
import { Cast, type PilotActor, type User } from '../support/actors.js';
import { OwnRedis } from '../support/own-redis.js';
import { freshPlace, northOf } from '../support/places.js';
import type { TestProcess } from '../support/processes.js';
import { expectAllReceived, inOrder } from '../support/received.js';
import { Proxy } from '../support/proxy.js';
import { System } from '../support/system.js';
import { eventually } from '../support/waiting.js';

/** So many attempts of each of a process' three connections: a client left as it comes throws away what it holds at 20. */
const ATTEMPTS = 3 * 21;
const AWAY_AT_MOST_MS = 20_000;
/** As after the loss of the listening connection of Postgres (F21). */
const REPAIRED_WITHIN_MS = 5_000;

let redis: OwnRedis;
let system: System;
let cast: Cast;
beforeAll(async () => {
  redis = await OwnRedis.start();
  system = await System.start({
    apis: 2,
    env: { REDIS_URL: redis.url, OFFER_TIMEOUT_MS: '30000', SEARCH_TIMEOUT_MS: '60000' },
  });
  cast = new Cast(system);
});
afterAll(async () => {
  cast?.leave();
  await system?.stop();
  await redis?.kill9();
});

/** His numbered events as they came, none left out because it came twice. */
const asTheyCame = (user: User, id: string): number[] =>
  user.socket.arrivals
    .filter(({ payload }) => payload['bookingId'] === id && typeof payload['seq'] === 'number')
    .map(({ payload }) => payload['seq'] as number)
    .sort((a, b) => a - b);

const numbers = (events: BookingEvent[]): number[] => events.map((one) => one.seq);
const upTo = (last: number): number[] => Array.from({ length: last }, (_, n) => n + 1);

async function expectAllSoon(user: User, id: string, withinMs?: number): Promise<void> {
  const stored = await user.events(id);
  await eventually('every event', () => inOrder(user.socket, id).length === stored.length, withinMs);
  expectAllReceived(user.socket, id, stored);
}

/** A user on the first process, pilots on the second, the nearest first. */
async function people(): Promise<{ user: User; near: PilotActor; far: PilotActor; id: string }> {
  const place = freshPlace();
  const user = await cast.user();
  const pilotAt = async (km: number): Promise<PilotActor> => {
    const pilot = await cast.pilot({ at: northOf(place, km), ready: false });
    pilot.door = 1;
    await pilot.connect();
    await pilot.setOnline(true);
    return pilot;
  };
  const [near, far] = [await pilotAt(0.1), await pilotAt(0.5)];
  return { user, near, far, id: (await user.book(place)).id };
}

test('a whole booking, user on one process and pilots on the other: each hears all of it, once', async () => {
  const watching = await (await cast.operator()).watch();
  const { user, near, far, id } = await people();
  await near.decline((await near.offered(id)).offerId);
  await far.accept((await far.offered(id)).offerId);
  await far.hears('job:assigned');
  await far.socket.ask('pilot:location', freshPlace());
  await user.hears('booking:pilot_location');
  for (const status of ['ARRIVED', 'PICKED_UP', 'IN_TRANSIT', 'DELIVERED'] as const)
    expect((await far.step(id, status)).status).toBe(200);
  await watching.arrival('booking:assigned', (one) => one['bookingId'] === id);
  await expectAllSoon(user, id);
  const stored = await user.events(id);
  expect(numbers(stored)).toEqual(upTo(10));
  expect(asTheyCame(user, id)).toEqual(upTo(10));
  expect(near.socket.arrivals.map((one) => one.event)).toEqual(['booking:offer']);
  expect(far.socket.arrivals.map((one) => one.event)).toEqual(['booking:offer', 'job:assigned']);
  expect(watching.of('booking:assigned', id)).toHaveLength(1);
});

test('it is Redis that carries them: both processes listen there, none at Postgres', async () => {
  const asker = new Redis(redis.url);
  expect(await asker.call('PUBSUB', 'NUMPAT')).toBe(1);
  expect(await asker.call('PUBSUB', 'NUMSUB', 'socket.io-request#/#')).toEqual(['socket.io-request#/#', 2]);
  asker.disconnect();
  const atPostgres = "SELECT 1 FROM pg_stat_activity WHERE application_name = 'dispatch-sockets'";
  expect(await system.rows(`${atPostgres} AND datname = current_database()`)).toEqual([]);
});

/** How often it has seen that Redis is not there. */
const seenAway = (process: TestProcess): number =>
  process.lines().filter((line) => line.msg === 'redis connection lost').length;

async function expectAllAlive(): Promise<void> {
  const all = [...system.apis, ...system.workers];
  const ended = await Promise.all(all.map((one) => Promise.race([one.ended, Promise.resolve('alive')])));
  expect(ended).toEqual(all.map(() => 'alive'));
}

test('a path that is lost without a word: it is noticed, made anew, and what was missed is told again', async () => {
  const proxy = await Proxy.before(redis.url);
  const api = await system.startApi({ REDIS_URL: proxy.insteadOf(redis.url) });
  await api.waitReady();
  const user = await cast.user({ connected: false });
  user.door = system.apis.indexOf(api);
  await user.connect();
  try {
    proxy.freeze();
    // The worker has a path of its own: only this process does not hear of it.
    const { id } = await user.book(freshPlace());
    await user.event(id, 'booking:no_pilots');
    const noticed = (): boolean =>
      api.lines().some(({ err }) => typeof err === 'string' && err.includes('does not answer'));
    await eventually('the loss to be noticed', noticed, 2 * REPAIRED_WITHIN_MS);
    expect(inOrder(user.socket, id).length).toBeLessThan((await user.events(id)).length);
    proxy.mend();
    await expectAllSoon(user, id, REPAIRED_WITHIN_MS);
  } finally {
    await api.kill9();
    system.apis.splice(system.apis.indexOf(api), 1);
    await proxy.stop();
  }
}, 40_000);

test('killed during a search and started again: taps are honoured meanwhile, what was missed is told again, nobody died', async () => {
  const [one, other] = [await people(), await people()];
  await other.near.accept((await other.near.offered(other.id)).offerId);
  const { offerId } = await one.near.offered(one.id);
  await redis.kill9();
  // The search goes on; only nobody hears of it.
  expect((await one.near.decline(offerId)).status).toBe(200);
  await one.user.event(one.id, 'booking:offer_sent', 10_000, 2);
  // One process tells all others where a pilot is: with nobody to take it, that is lost, and harms nobody.
  expect(await other.near.socket.ask('pilot:location', freshPlace())).toEqual({ ok: true });
  const late = await system.startApi();
  await eventually(
    'all processes to have tried in vain for long',
    async () => {
      await expectAllAlive();
      return system.apis.every((api) => seenAway(api) > ATTEMPTS);
    },
    AWAY_AT_MOST_MS,
  );
  await redis.startAgain();
  const third = await cast.user({ connected: false });
  third.door = system.apis.indexOf(late);
  await third.connect();
  const { id } = await third.book(freshPlace());

  // Nobody asks, yet each is told what he missed.
  await one.far.hears('booking:offer', (offer) => offer['bookingId'] === one.id, REPAIRED_WITHIN_MS);
  await expectAllSoon(one.user, one.id, REPAIRED_WITHIN_MS);
  await third.event(id, 'booking:no_pilots');
  await expectAllSoon(third, id, REPAIRED_WITHIN_MS);
  const answer = await one.user.socket.ask('booking:sync', { bookingId: one.id, afterSeq: 0 });
  expect(numbers(answer['events'] as BookingEvent[])).toEqual(upTo(5));

  // And what comes later comes at once again, from process to process.
  expect((await one.far.accept((await one.far.offered(one.id)).offerId)).status).toBe(200);
  await one.user.hears('booking:driver_assigned', (event) => event['bookingId'] === one.id, 2_000);
  const told = other.user.socket.of('booking:pilot_location').length;
  await other.near.socket.ask('pilot:location', freshPlace());
  await eventually('a position', () => other.user.socket.of('booking:pilot_location').length > told, 2_000);
  await expectAllSoon(one.user, one.id);
  await expectAllAlive();
}, 60_000);
