// Two API processes: events cross over, and what a deaf process missed is sent again (F20, F21).
import { Cast } from '../support/actors.js';
import { freshPlace } from '../support/places.js';
import { expectAllReceived, inOrder } from '../support/received.js';
import { System } from '../support/system.js';
import { eventually } from '../support/waiting.js';

/** F21: repaired within this of the connection's being back; it is back within 3 s. */
const REPAIRED_WITHIN_MS = 5_000 + 3_000;

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

test('a process that is killed takes nothing along: its user connects elsewhere and misses nothing (F20)', async () => {
  const place = freshPlace();
  const [user, pilot] = [await cast.user({ connected: false }), await cast.pilot({ at: place })];
  const api = await system.startApi();
  user.door = 2;
  const lost = await user.connect();
  const { id } = await user.book(place);
  const { offerId } = await pilot.offered(id);
  await api.kill9();
  expect((await pilot.accept(offerId)).status).toBe(200);
  user.door = 0;
  const back = await user.connect();
  const missing = await back.ask('booking:sync', {
    bookingId: id,
    afterSeq: lost.of('booking:offer_sent').length + 2,
  });
  expect((missing['events'] as { event: string }[]).at(-1)?.event).toBe('booking:driver_assigned');
});

test('the listening connections are cut again and again during events: nothing is missing after (F21)', async () => {
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
    const pids = await listeners();
    await system.rows('SELECT pg_terminate_backend(pid) FROM unnest($1::int[]) AS pid', [pids]);
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
