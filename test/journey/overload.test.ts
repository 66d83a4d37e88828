// Five times what the machine can take: refused early, what was taken is finished, and after it all is as before.
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Booking } from '../../contract/shapes.js';
import { bookingAt, Cast, type User } from '../support/actors.js';
import { agreed } from '../support/accounts.js';
import { expectProblem } from '../support/conform.js';
import { LONG } from '../support/counts.js';
import { upTo } from '../support/crowd.js';
import { bookSurely } from '../support/insist.js';
import { Load, type Asked } from '../support/load.js';
import { freshPlace } from '../support/places.js';
import { call } from '../support/rest.js';
import { System } from '../support/system.js';
import { eventually } from '../support/waiting.js';

/** F30: for a minute; in `npm test` for a few seconds, and with a smaller backlog to work off. */
const LOAD_MS = LONG ? 60_000 : 8_000;
const BACKLOG = LONG ? 500 : 100;
/** Refused for those who wait, not for a busy database. */
const REFUSED_SINCE_MANY_WAIT = 50;
const TIMES = 5;
/** A refusal is no use if one waits for it. */
const REFUSED_WITHIN_MS = 1_000;
/** What a process may grow by: its caches fill, and the garbage of a crowd waits for its collector. */
const GROWN_AT_MOST_MB = 200;
/** With nothing else to do, the first offer comes within this. */
const NORMAL_MS = 2_000;

let system: System;
let cast: Cast;
beforeAll(async () => {
  system = await System.start({
    env: {
      SEARCH_TIMEOUT_MS: '60000',
      OFFER_TIMEOUT_MS: '30000',
      DATABASE_POOL_SIZE: '20',
      BOOKING_BACKLOG: String(BACKLOG),
      WORKER_CACHED_WORKFLOWS: '200',
    },
  });
  cast = new Cast(system);
});
afterAll(async () => {
  cast?.leave();
  await system?.stop();
});

const megabytes = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

const notBegun = async (): Promise<number> =>
  (await system.rows('SELECT FROM searches WHERE started_at IS NULL AND outcome IS NULL')).length;

const drained = (withinMs: number): Promise<unknown> =>
  eventually('every search to begin', async () => (await notBegun()) === 0, withinMs);

/** Bookings a second from the call to the search's end, with always a few under way. */
async function capacity(load: Load, ms: number): Promise<number> {
  const startedAt = performance.now();
  const asked = await load.inTurn(4, ms);
  await drained(20_000);
  const taken = asked.filter(({ reply }) => reply?.status === 201).length;
  return (taken / (performance.now() - startedAt)) * 1_000;
}

/** Takes the memory of both processes while the work lasts; answers what they grew by. */
async function growth<T>(work: Promise<T>): Promise<{ result: T; grownMb: number[] }> {
  const pids = [system.api().pid, system.worker().pid];
  const before = pids.map(megabytes);
  const most = [...before];
  const look = setInterval(
    () => pids.forEach((pid, n) => (most[n] = Math.max(most[n] ?? 0, megabytes(pid)))),
    500,
  );
  const result = await work.finally(() => clearInterval(look));
  return { result, grownMb: most.map((mb, n) => mb - (before[n] ?? 0)) };
}

/** During the load: what exists is read, answered, carried out and cancelled as ever. */
async function liveWhile(over: () => boolean): Promise<number> {
  const place = freshPlace();
  const user = await cast.user();
  const pilot = await cast.pilot({ at: place });
  let rides = 0;
  while (!over()) {
    // A phone that is on the road tells where it is; a minute without is too old to be asked.
    await pilot.moveTo(place);
    const { id } = await bookSurely(user, place);
    const { offerId } = await pilot.offered(id, 30_000);
    await pilot.expect(200, 'POST', `/offers/${offerId}/accept`, {});
    await user.expect(200, 'GET', `/bookings/${id}/assignment`);
    await pilot.expect(200, 'POST', `/jobs/${id}/status`, { status: 'ARRIVED' });
    await user.expect(200, 'POST', `/bookings/${id}/cancel`, {});
    rides += 1;
  }
  return rides;
}

/** While others are refused: the key of a booking that was made is answered, a new one is not. */
async function keysWhileRefused(user: User, key: string, made: Booking, body: object): Promise<void> {
  const withKey = (one: string) => ({ headers: { 'idempotency-key': one } });
  await eventually(
    'a new booking to be refused',
    async () =>
      (await user.request('POST', '/bookings', body, withKey(randomUUID()))).status === 503 &&
      (await notBegun()) >= REFUSED_SINCE_MANY_WAIT,
  );
  const again = await user.request<Booking>('POST', '/bookings', body, withKey(key));
  expect([again.status, again.body.id]).toEqual([201, made.id]);
  const other = await user.request('POST', '/bookings', { ...body, note: 'another' }, withKey(key));
  expect(other.status).toBe(422);
}

function expectEarlyOrTaken(asked: Asked[]): void {
  const refused = asked.filter(({ reply }) => reply?.status !== 201);
  for (const { reply, ms } of refused) {
    if (reply === null) throw new Error('a call was not answered');
    expectProblem(reply, 503);
    expect(Number(reply.headers['retry-after'])).toBeGreaterThan(0);
    expect(ms).toBeLessThan(10 * REFUSED_WITHIN_MS);
  }
  const waits = refused.map(({ ms }) => ms).toSorted((a, b) => a - b);
  expect(waits[Math.floor(waits.length / 2)]).toBeLessThan(REFUSED_WITHIN_MS);
  expect(asked.length - refused.length).toBeGreaterThan(BACKLOG / 2);
  expect(refused.length).toBeGreaterThan(asked.length / 2);
}

/** Each booking that was taken had its one search, and its user each event of it. */
async function expectFinished(asked: Asked[]): Promise<void> {
  const taken = asked.flatMap(({ reply }) => (reply?.status === 201 ? [reply.body.id] : []));
  const stories = await system.rows<{ outcome: string; events: string[] }>(
    `SELECT s.outcome, array_agg(e.event ORDER BY e.seq) AS events
     FROM searches s JOIN booking_events e USING (booking_id)
     WHERE s.booking_id = ANY ($1::uuid[]) GROUP BY s.booking_id, s.search_no`,
    [taken],
  );
  expect(stories).toHaveLength(taken.length);
  for (const story of stories)
    expect(story).toEqual({
      outcome: 'no_pilots',
      events: ['booking:created', 'booking:search_started', 'booking:no_pilots'],
    });
}

test('F30 · five times the load: refused early, what was taken is finished, drains after', async () => {
  const users = await Promise.all(upTo(40).map(() => cast.user({ connected: false })));
  const load = new Load(users);
  const [keyed, key, body] = [await cast.user({ connected: false }), randomUUID(), bookingAt(freshPlace())];
  const made = await keyed.expect<Booking>(201, 'POST', '/bookings', body, {
    headers: { 'idempotency-key': key },
  });
  // The first ones load and compile what all others find ready.
  await capacity(load, 500);
  const perSecond = await capacity(load, 2_000);
  let over = false;
  const crowd = load.atRate(TIMES * perSecond, LOAD_MS).finally(() => (over = true));
  const { result, grownMb } = await growth(
    Promise.all([crowd, liveWhile(() => over), keysWhileRefused(keyed, key, made, body)]),
  );
  const [asked, rides] = result;
  expectEarlyOrTaken(asked);
  expect(rides).toBeGreaterThan(0);
  for (const mb of grownMb) expect(mb).toBeLessThan(GROWN_AT_MOST_MB);
  await drained(60_000);
  const counted = /^dispatch_bookings_refused_total (\d+)/m.exec(
    (await call(system.url(), 'GET', '/metrics')).text,
  );
  expect(Number(counted?.[1])).toBeGreaterThan(asked.length / 2);
  const [user, place] = [await cast.user(), freshPlace()];
  const pilot = await cast.pilot({ at: place });
  const bookedAt = Date.now();
  const { id } = await user.book(place);
  const offer = await pilot.offered(id);
  expect(Date.now() - bookedAt).toBeLessThan(NORMAL_MS);
  await pilot.accept(offer.offerId);
  await agreed(system, id, 'assigned');
  await eventually('the end of each search', () => expectFinished(asked).then(() => true));
  load.close();
  // Refusals are counted, not logged one by one.
  expect(
    system
      .api()
      .lines()
      .filter((line) => line.level >= 50),
  ).toEqual([]);
}, 240_000);
