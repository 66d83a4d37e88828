// Two API processes: events cross over, and what a deaf process or a lost client missed is told again.
import type { LatLng } from '../../contract/geo.js';
import type { Offer } from '../../contract/shapes.js';
import { Cast, type PilotActor, type User } from '../support/actors.js';
import { count } from '../support/counts.js';
import { inCrowd, upTo } from '../support/crowd.js';
import { FollowingApp } from '../support/following-app.js';
import { freshPlace } from '../support/places.js';
import { expectAllReceived, inOrder } from '../support/received.js';
import { System } from '../support/system.js';
import { eventually, pause } from '../support/waiting.js';

/** F21: repaired within this of the connection's being back; it is back within 3 s. */
const REPAIRED_WITHIN_MS = 5_000 + 3_000;

/** F19: a screen is right within this of the line's being back. */
const RIGHT_WITHIN_MS = 1_000;

let system: System;
let cast: Cast;
beforeAll(async () => {
  system = await System.start({ apis: 2, env: { OFFER_TIMEOUT_MS: '15000', SEARCH_TIMEOUT_MS: '60000' } });
  cast = new Cast(system);
});
afterAll(async () => {
  cast?.leave();
  await system?.stop();
});

async function listeners(): Promise<number[]> {
  const rows = await system.rows<{ pid: number }>(
    `SELECT pid FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = 'dispatch-sockets'
       AND pid IN (SELECT pid FROM pg_stat_activity WHERE query ILIKE 'LISTEN%' OR query = 'SELECT 1')`,
  );
  return rows.map((one) => one.pid);
}

test('user on one process, pilot on the other: both hear all of it', async () => {
  const place = freshPlace();
  const user = await cast.user();
  const pilot = await cast.pilot({ at: place, ready: false });
  pilot.door = 1;
  await pilot.connect();
  await pilot.setOnline(true);
  const { id } = await user.book(place);
  await pilot.accept((await pilot.offered(id)).offerId);
  await pilot.hears('job:assigned');
  await pilot.socket.ask('pilot:location', place);
  await user.hears('booking:pilot_location');
  await pilot.step(id, 'ARRIVED');
  await user.hears('booking:status');
  const stored = await user.events(id);
  await eventually('all events', () => inOrder(user.socket, id).length === stored.length);
  expectAllReceived(user.socket, id, stored);
  expect((await user.cancel(id)).status).toBe(200);
  await pilot.hears('booking:cancelled');
});

const same = async (user: User, app: FollowingApp, id: string): Promise<boolean> => {
  const stored = (await user.events(id)).map(({ seq, event, payload }) => ({ seq, event, payload }));
  expect(app.shows(id)).toEqual(stored);
  return true;
};

/** What may happen to an offer while the phones are away; afterwards the booking is over. */
const MEANWHILE: ((pilot: PilotActor, offer: Offer, user: User) => Promise<unknown>)[] = [
  () => Promise.resolve(),
  (pilot, { offerId }) => pilot.expect(200, 'POST', `/offers/${offerId}/accept`, {}),
  (pilot, { offerId }) => pilot.expect(200, 'POST', `/offers/${offerId}/decline`, {}),
  (_pilot, { bookingId }, user) => user.expect(200, 'POST', `/bookings/${bookingId}/cancel`, {}),
];

/** Both phones lose the line at a random moment of an offer; within 1 s of being back both are right. */
async function dropOnce(lane: {
  user: User;
  app: FollowingApp;
  pilot: PilotActor;
  place: LatLng;
}): Promise<void> {
  const { user, app, pilot, place } = lane;
  const { id } = await user.book(place);
  const dropSoon = Math.random() < 0.5;
  if (!dropSoon) await app.follow(id);
  const offer = await pilot.offered(id);
  await pause(Math.random() * 60);
  const heard = pilot.socket.of('booking:offer', id).length;
  const back = [app.line, pilot.socket].map((line) => line.back());
  for (const line of [app.line, pilot.socket]) line.drop();
  if (dropSoon) void app.follow(id);
  await MEANWHILE[Math.floor(Math.random() * MEANWHILE.length)]?.(pilot, offer, user);
  await Promise.all(back);
  await eventually('the screen to be what the rows say', () => same(user, app, id), RIGHT_WITHIN_MS);
  const [live] = await pilot.offers();
  if (live !== undefined) {
    const told = () => pilot.socket.of<Offer>('booking:offer', id)[heard];
    const again = await eventually('the offer with what is left', told, RIGHT_WITHIN_MS);
    expect([again.offerId, again.expiresAt]).toEqual([live.offerId, live.expiresAt]);
    const leftMs = Date.parse(again.expiresAt) - Date.parse(again.serverTime);
    expect(again.remainingSeconds).toBe(Math.ceil(leftMs / 1_000));
  }
  await user.cancel(id);
  await eventually('the cancel on the screen', () => same(user, app, id), RIGHT_WITHIN_MS);
}

test('F19 · the line drops during an offer, at any moment: within 1 s of being back the screen is what the rows say', async () => {
  const lanes = await Promise.all(
    upTo(5).map(async (n) => {
      const place = freshPlace();
      const user = await cast.user({ connected: false });
      const pilot = await cast.pilot({ at: place, ready: false });
      [user.door, pilot.door] = [n % 2, (n + 1) % 2];
      const app = await FollowingApp.open(system.url(user.door), user.token);
      user.sockets.push(app.line);
      await pilot.connect({ reconnection: true, reconnectionDelay: 50, reconnectionDelayMax: 100 });
      await pilot.setOnline(true);
      return { place, user, app, pilot };
    }),
  );
  await Promise.all(
    lanes.map(async (lane) => {
      for (let drop = 0; drop < count(500) / lanes.length; drop += 1) await dropOnce(lane);
    }),
  );
}, 300_000);

test('F20 · a process is killed during many offers: others go on, its clients come back elsewhere and miss nothing', async () => {
  const dying = await system.startApi();
  const doors = [0, 1, system.apis.indexOf(dying)];
  const scenes = await inCrowd(10, upTo(count(200)), async (n) => {
    const place = freshPlace();
    const user = await cast.user({ connected: false });
    const pilot = await cast.pilot({ at: place, ready: false });
    user.door = doors[n % 3] ?? 0;
    pilot.door = doors[Math.floor(n / 3) % 3] ?? 0;
    const app = await FollowingApp.open(system.url(user.door), user.token);
    user.sockets.push(app.line);
    await pilot.connect();
    await pilot.setOnline(true);
    const { id } = await user.book(place);
    void app.follow(id);
    return { user, app, pilot, id, offer: await pilot.offered(id) };
  });
  const onIt = (actor: User | PilotActor): boolean => actor.door === doors[2];
  await dying.kill9();
  await inCrowd(10, scenes, async (scene) => {
    const { user, pilot, id, offer } = scene;
    const wasHere = onIt(user);
    if (onIt(pilot)) {
      pilot.door = 0;
      // Elsewhere his offer is there again at once.
      const told = await (
        await pilot.connect()
      ).arrival('booking:offer', (one) => one['offerId'] === offer.offerId, 2_000);
      expect(told.payload['expiresAt']).toBe(offer.expiresAt);
    }
    if (wasHere) user.door = 1;
    expect((await pilot.accept(offer.offerId)).status).toBe(200);
    if (wasHere) {
      scene.app = await FollowingApp.open(system.url(1), user.token);
      user.sockets.push(scene.app.line);
      void scene.app.follow(id);
    }
    await eventually('the end on the screen', () => same(user, scene.app, id), 2_000);
    expect(scene.app.shows(id).at(-1)?.event).toBe('booking:driver_assigned');
  });
}, 300_000);

/** No process hears the others for a moment. */
const cutListeners = async (): Promise<void> => {
  const pids = await listeners();
  await system.rows('SELECT pg_terminate_backend(pid) FROM unnest($1::int[]) AS pid', [pids]);
};

test('F21 · the listening connections are cut as a pilot is given a job and loses it: he is told of both', async () => {
  const operator = await cast.operator();
  const place = freshPlace();
  const [user, pilot] = [await cast.user(), await cast.pilot({ at: place, ready: false })];
  pilot.door = 1;
  await pilot.connect();
  await pilot.setOnline(true);
  const told = (event: string, id: string, key = 'bookingId') =>
    pilot.hears(event, (one) => one[key] === id, REPAIRED_WITHIN_MS);
  for (const lose of ['by the user', 'by an operator'] as const) {
    await eventually('both processes to listen', async () => (await listeners()).length >= 2);
    const { id } = await user.book(place);
    await pilot.offered(id);
    // The customer cancels while he is asked, and books again: an operator gives him that one.
    await cutListeners();
    expect((await user.cancel(id)).status).toBe(200);
    await told('offer:expired', id);
    const next = await user.book(place);
    await pilot.offered(next.id);
    await cutListeners();
    await operator.expect(200, 'POST', `/admin/bookings/${next.id}/assign`, { pilotId: pilot.id });
    await told('job:assigned', next.id, 'id');
    await cutListeners();
    if (lose === 'by the user') expect((await user.cancel(next.id)).status).toBe(200);
    else await operator.expect(200, 'POST', `/admin/bookings/${next.id}/release`, { reason: 'a flat tyre' });
    const { payload } = await told('booking:cancelled', next.id);
    expect(payload['by']).toBe(lose === 'by the user' ? 'user' : 'admin');
    if (lose === 'by an operator') expect((await user.cancel(next.id)).status).toBe(200);
  }
});

test('F21 · the listening connections are cut again and again during events: nothing is missing after', async () => {
  const people = await Promise.all(
    Array.from({ length: 6 }, async (_, n) => {
      const place = freshPlace();
      const user = await cast.user({ connected: false });
      const pilot = await cast.pilot({ at: place, ready: false });
      [user.door, pilot.door] = [n % 2, (n + 1) % 2];
      await Promise.all([user.connect(), pilot.connect()]);
      await pilot.setOnline(true);
      return { place, user, pilot };
    }),
  );
  await eventually('both processes to listen', async () => (await listeners()).length >= 2);
  const booked: string[] = [];
  let cutAt = 0;
  for (const { user, place } of people) {
    booked.push((await user.book(place)).id);
    await cutListeners();
    cutAt = Date.now();
  }
  await Promise.all(
    people.map(async ({ user, pilot }, n) => {
      const id = booked[n] ?? '';
      const left = REPAIRED_WITHIN_MS - (Date.now() - cutAt);
      await pilot.offered(id, left);
      await eventually(
        'every event at the user',
        async () => {
          expectAllReceived(user.socket, id, await user.events(id));
          return user.socket.of('booking:offer_sent', id).length > 0;
        },
        left,
      );
    }),
  );
  for (const api of [0, 1]) expect(system.api(api).logs()).toContain('missed messages sent again');
  // And what comes later comes at once again.
  for (const [n, { user, pilot }] of people.entries()) {
    const offer = await pilot.offered(booked[n] ?? '');
    expect((await pilot.accept(offer.offerId)).status).toBe(200);
    await user.hears('booking:driver_assigned', (one) => one['bookingId'] === booked[n], 2_000);
  }
});
