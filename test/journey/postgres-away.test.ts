// Postgres loses its connections, is cut off, or hangs half-open: nothing exits, nothing is lost or doubled (F6, F7).
import { randomUUID } from 'node:crypto';
import type { Booking } from '../../contract/shapes.js';
import { bookingAt, Cast } from '../support/actors.js';
import { agreed, offersOf } from '../support/accounts.js';
import { expectProblem } from '../support/conform.js';
import { freshPlace, northOf } from '../support/places.js';
import { Proxy } from '../support/proxy.js';
import type { Reply } from '../support/rest.js';
import { System } from '../support/system.js';
import { eventually, pause } from '../support/waiting.js';

/** Calls answer 503 for at most this long after Postgres is back. */
const SERVED_AGAIN_MS = 6_000;

let system: System;
let proxy: Proxy;
let cast: Cast;
beforeAll(async () => {
  system = await System.prepare({ env: { OFFER_TIMEOUT_MS: '3000', SEARCH_TIMEOUT_MS: '60000' } });
  const target = new URL(system.database.url);
  proxy = await Proxy.start(target.hostname, Number(target.port));
  target.port = String(proxy.port);
  const env = { DATABASE_URL: target.href };
  await Promise.all([system.startWorker(env), system.startApi(env), system.startApi(env)]);
  await Promise.all(system.apis.map((api) => api.waitReady()));
  cast = new Cast(system);
});
afterAll(async () => {
  cast?.leave();
  await system?.stop();
  await proxy?.stop();
});

/** Repeats a call until it is answered; an answer that is not the wanted one may only be a 503. */
async function insist<T>(status: number, ask: () => Promise<Reply<T>>, withinMs = 15_000): Promise<T> {
  return eventually(
    'an answer',
    async () => {
      const reply = await ask();
      if (reply.status !== status) {
        expectProblem(reply, 503);
        expect(Number(reply.headers['retry-after'])).toBeGreaterThan(0);
        return false;
      }
      return reply.body;
    },
    withinMs,
  );
}

const TROUBLES: [string, () => Promise<void>][] = [
  [
    'every connection terminated, three times',
    async () => {
      for (let n = 0; n < 3; n += 1) {
        await system.rows(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
           WHERE datname = current_database() AND pid <> pg_backend_pid()
             AND application_name LIKE 'dispatch%'`,
        );
        await pause(150);
      }
    },
  ],
  [
    'cut off for 1.5 s',
    async () => {
      proxy.refuse();
      await pause(1_500);
      proxy.mend();
    },
  ],
  [
    'half-open for 4 s',
    async () => {
      proxy.freeze();
      await pause(4_000);
      proxy.mend();
    },
  ],
];

test.each(TROUBLES)('%s while bookings are made and accepted: all end well, once', async (_name, trouble) => {
  const people = await Promise.all(
    Array.from({ length: 5 }, async () => {
      const place = freshPlace();
      const user = await cast.user();
      const near = await cast.pilot({ at: northOf(place, 0.1) });
      const next = await cast.pilot({ at: northOf(place, 0.2) });
      next.door = 1;
      return { place, user, near, next };
    }),
  );
  const over = trouble().then(() => Date.now());
  const booked = await Promise.all(
    people.map(({ place, user }) => {
      const headers = { 'idempotency-key': randomUUID() };
      return insist<Booking>(201, () => user.request('POST', '/bookings', bookingAt(place), { headers }));
    }),
  );
  const backAt = await over;
  expect(Date.now() - backAt).toBeLessThan(SERVED_AGAIN_MS);
  for (const [n, { user, near, next }] of people.entries()) {
    const { id } = booked[n] as Booking;
    // The near one keeps silent: the search must go on to the next by itself.
    const offer = await next.offered(id, 20_000);
    await insist(200, () => next.accept(offer.offerId));
    await agreed(system, id, 'assigned');
    const rows = await offersOf(system, id);
    expect(rows.map((one) => [one.pilot_id, one.status])).toEqual([
      [near.id, 'EXPIRED'],
      [next.id, 'ACCEPTED'],
    ]);
    expect(await user.eventNames(id)).toEqual([
      ...['created', 'search_started', 'offer_sent', 'offer_expired', 'offer_sent', 'driver_assigned'],
    ]);
    const mine = await user.expect<{ items: Booking[] }>(200, 'GET', '/bookings');
    expect(mine.items).toHaveLength(1);
    // What the socket missed meanwhile was sent again.
    await user.hears('booking:driver_assigned', (one) => one['bookingId'] === id);
  }
  for (const child of [...system.apis, ...system.workers]) process.kill(child.pid, 0);
});

test('half-open for long: every call is answered 503 within 6 s, none hangs', async () => {
  const user = await cast.user({ connected: false });
  await user.expect(200, 'GET', '/bookings');
  proxy.freeze();
  try {
    const startedAt = performance.now();
    const calls = Array.from({ length: 4 }, () =>
      user.request('GET', '/bookings', undefined, { timeoutMs: SERVED_AGAIN_MS }),
    );
    for (const reply of await Promise.all(calls)) expectProblem(reply, 503);
    expect(performance.now() - startedAt).toBeLessThan(SERVED_AGAIN_MS);
  } finally {
    proxy.mend();
  }
  await insist(200, () => user.request('GET', '/bookings'), SERVED_AGAIN_MS);
});
