// Postgres is out of everybody's reach for a minute: calls say so at once, nothing is promised falsely, all catches up.
import { randomUUID } from 'node:crypto';
import type { Booking, BookingEvent } from '../../contract/shapes.js';
import { agreed, completed, offersOf } from '../support/accounts.js';
import { bookingAt, Cast, type PilotActor, type User } from '../support/actors.js';
import { expectProblem } from '../support/conform.js';
import { LONG } from '../support/counts.js';
import { FollowingApp } from '../support/following-app.js';
import { insist } from '../support/insist.js';
import { freshPlace, northOf } from '../support/places.js';
import { Proxy } from '../support/proxy.js';
import { call, type Reply } from '../support/rest.js';
import { jobIn } from '../support/states.js';
import { System } from '../support/system.js';
import { eventually, pause } from '../support/waiting.js';

/** A minute; in `npm test` longer than an offer, a short search, and than a pilot counts as reachable. */
const AWAY_MS = LONG ? 60_000 : 12_000;
const OFFER_MS = 3_000;
/** Of the bookings at the second API: their search ends while Postgres is away. */
const SHORT_SEARCH_MS = 4_500;
/** As after a restart of Postgres: calls are answered again, and what was due is done. */
const SERVED_AGAIN_MS = 6_000;
/** A call that cannot be answered says so before its caller gives up. */
const REFUSED_WITHIN_MS = 3_000;
const LOOK_EVERY_MS = 500;
const STEPS = ['status', 'status', 'status', 'status'];

let system: System;
let proxy: Proxy;
let cast: Cast;
const apps: FollowingApp[] = [];
beforeAll(async () => {
  const patient = String(AWAY_MS + 60_000);
  system = await System.prepare({
    env: { OFFER_TIMEOUT_MS: String(OFFER_MS), SEARCH_TIMEOUT_MS: patient, PILOT_STALE_MS: patient },
  });
  proxy = await Proxy.before(system.database.url);
  const env = { DATABASE_URL: proxy.insteadOf(system.database.url) };
  const short = { SEARCH_TIMEOUT_MS: String(SHORT_SEARCH_MS), SEARCH_PATIENCE_MS: String(SHORT_SEARCH_MS) };
  await Promise.all([system.startWorker(env), system.startApi(env)]);
  // With a patience too: without one, a search that finds nobody is over before Postgres is away.
  await system.startApi({ ...env, ...short });
  await Promise.all(system.apis.map((api) => api.waitReady()));
  cast = new Cast(system);
});
afterAll(async () => {
  for (const { line } of apps) line.close();
  cast?.leave();
  await system?.stop();
  await proxy?.stop();
});

interface Scene {
  user: User;
  app: FollowingApp;
  id: string;
}

/** The user's app shows the booking from now on. */
async function followed(user: User, id: string): Promise<Scene> {
  const app = await FollowingApp.open(system.url(user.door), user.token);
  apps.push(app);
  await app.follow(id);
  return { user, app, id };
}

/** A booking whose first pilot is asked; a second one is near. */
async function asked(): Promise<Scene & { near: PilotActor; next: PilotActor; offerId: string }> {
  const place = freshPlace();
  const user = await cast.user({ connected: false });
  const near = await cast.pilot({ at: northOf(place, 0.1) });
  const next = await cast.pilot({ at: northOf(place, 0.2) });
  const { id } = await user.book(place);
  const { offerId } = await near.offered(id);
  return { ...(await followed(user, id)), near, next, offerId };
}

/** A booking that nobody is near to, and whose search is soon over. */
async function short(): Promise<Scene> {
  const user = await cast.user({ connected: false });
  user.door = 1;
  const { id } = await user.book(freshPlace());
  await user.event(id, 'booking:search_started');
  return followed(user, id);
}

/** Each is answered 503 in time, and says when to come again; the API itself lives. */
async function refusedAll(asks: (() => Promise<Reply>)[]): Promise<void> {
  const startedAt = performance.now();
  for (const reply of await Promise.all(asks.map((ask) => ask()))) {
    expectProblem(reply, 503);
    expect(Number(reply.headers['retry-after'])).toBeGreaterThan(0);
  }
  expect(performance.now() - startedAt).toBeLessThan(REFUSED_WITHIN_MS);
  for (const api of system.apis) {
    expect((await call(api.url, 'GET', '/health/live')).status).toBe(200);
    const ready = await call<{ postgres: string }>(api.url, 'GET', '/health/ready');
    expect([ready.status, ready.body.postgres]).toEqual([503, 'down']);
  }
}

/** What the app shows, caught up by itself, is what is stored: every event once, numbered without gaps. */
async function caughtUp({ user, app, id }: Scene, names: string[]): Promise<void> {
  const stored = await eventually(
    `the events ${names.join(', ')}`,
    async () => {
      const events = await user.events(id);
      return events.length >= names.length && events;
    },
    SERVED_AGAIN_MS,
  );
  expect(stored.map(({ seq, event }) => [seq, event])).toEqual(
    names.map((name, index) => [index + 1, `booking:${name}`]),
  );
  const shown = ({ seq, event, payload }: BookingEvent) => ({ seq, event, payload });
  await eventually('the app to show all', () => app.shows(id).length === stored.length, SERVED_AGAIN_MS);
  expect(app.shows(id)).toEqual(stored.map(shown));
  const answer = await app.line.ask('booking:sync', { bookingId: id, afterSeq: 0 });
  expect((answer['events'] as BookingEvent[]).map(shown)).toEqual(stored.map(shown));
}

test(
  'F6 · away for a minute: every call is 503 and nothing exits; back: offers, searches and jobs end right',
  async () => {
    const job = await jobIn(cast, 'assigned');
    const [driven, newcomer] = [await followed(job.user, job.id), await cast.user()];
    const ending = await short();
    const live = await asked();
    const lost = randomUUID();
    const book = () =>
      newcomer.request<Booking>('POST', '/bookings', place, { headers: { 'idempotency-key': lost } });
    const place = bookingAt(freshPlace());
    expect(await live.near.offers()).toHaveLength(1);
    expect(await ending.user.eventNames(ending.id)).toEqual(['created', 'search_started']);
    proxy.refuse();
    const backAt = performance.now() + AWAY_MS;
    while (performance.now() < backAt) {
      await refusedAll([
        ...[live, driven, ending].flatMap(({ user, id }) =>
          ['', `/${id}`, `/${id}/assignment`, `/${id}/events`].map(
            (path) => () => user.request('GET', `/bookings${path}`),
          ),
        ),
        () => live.near.request('GET', '/pilots/me/offers'),
        () => live.near.accept(live.offerId),
        () => job.pilot.step(job.id, 'ARRIVED'),
        () => ending.user.cancel(ending.id),
        book,
      ]);
      await pause(LOOK_EVERY_MS);
    }
    proxy.mend();
    await Promise.all(system.apis.map((api) => api.waitReady(SERVED_AGAIN_MS)));
    // The accept that was refused was none: the offer ended meanwhile, and the next is asked by itself.
    const { offerId } = await live.next.offered(live.id, SERVED_AGAIN_MS);
    expectProblem(await live.near.accept(live.offerId), 409, 'offer_expired');
    await insist(200, () => live.next.accept(offerId));
    await agreed(system, live.id, 'assigned');
    expect((await offersOf(system, live.id)).map((one) => [one.pilot_id, one.status])).toEqual([
      [live.near.id, 'EXPIRED'],
      [live.next.id, 'ACCEPTED'],
    ]);
    await caughtUp(live, [
      ...['created', 'search_started', 'offer_sent', 'offer_expired', 'offer_sent', 'driver_assigned'],
    ]);
    await caughtUp(ending, ['created', 'search_started', 'search_timeout']);
    for (const status of ['ARRIVED', 'PICKED_UP', 'IN_TRANSIT', 'DELIVERED'] as const)
      await insist(200, () => job.pilot.step(job.id, status));
    await completed(system, job.id);
    await caughtUp(driven, ['created', 'search_started', 'offer_sent', 'driver_assigned', ...STEPS]);
    // With its key, the booking that was refused all the while is made once.
    const { id } = await insist(201, book);
    expect((await insist(201, book)).id).toBe(id);
    await newcomer.event(id, 'booking:no_pilots');
    const stored = await system.rows<{ id: string }>('SELECT id FROM bookings');
    expect(stored.map((one) => one.id).toSorted()).toEqual([live.id, job.id, ending.id, id].toSorted());
    for (const child of [...system.apis, ...system.workers]) process.kill(child.pid, 0);
  },
  AWAY_MS + 60_000,
);
