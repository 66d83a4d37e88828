// Postgres loses its connections, is restarted, killed, cut off, hangs half-open, or its disk is full: nothing exits,
// nothing is lost or doubled.
import { randomUUID } from 'node:crypto';
import type { Booking, Offer } from '../../contract/shapes.js';
import { bookingAt, Cast } from '../support/actors.js';
import { agreed, offersOf } from '../support/accounts.js';
import { expectProblem } from '../support/conform.js';
import { LONG } from '../support/counts.js';
import { upTo } from '../support/crowd.js';
import { mayMount, OwnPostgres } from '../support/own-postgres.js';
import { freshPlace, northOf } from '../support/places.js';
import { Proxy } from '../support/proxy.js';
import { bookSurely, insist } from '../support/insist.js';
import { System } from '../support/system.js';
import { eventually, pause } from '../support/waiting.js';

/** Calls answer 503 for at most this long after Postgres is back. */
const SERVED_AGAIN_MS = 6_000;

/** Where no file system can be made, a full disk cannot be either. */
const ownDisk = mayMount();

let postgres: OwnPostgres;
let system: System;
let proxy: Proxy;
let cast: Cast;
beforeAll(async () => {
  postgres = await OwnPostgres.start({ ownDisk });
  system = await System.prepare({
    database: postgres.database,
    env: { OFFER_TIMEOUT_MS: '3000', SEARCH_TIMEOUT_MS: '60000' },
  });
  proxy = await Proxy.before(system.database.url);
  const env = { DATABASE_URL: proxy.insteadOf(system.database.url) };
  await Promise.all([system.startWorker(env), system.startApi(env), system.startApi(env)]);
  await Promise.all(system.apis.map((api) => api.waitReady()));
  cast = new Cast(system);
});
afterAll(async () => {
  cast?.leave();
  await system?.stop();
  await proxy?.stop();
  await postgres?.remove();
});

async function restart(signal: 'SIGINT' | 'SIGQUIT' | 'SIGKILL'): Promise<void> {
  await postgres.end(signal);
  await postgres.startAgain();
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
  ['a fast restart, then an immediate one', () => restart('SIGINT').then(() => restart('SIGQUIT'))],
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

test.each(TROUBLES)(
  'F6 · %s while bookings are made and accepted: all end well, once',
  async (_name, trouble) => {
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
    // The near ones keep silent: the searches must go on to the next by themselves.
    await Promise.all(
      people.map(async ({ next }, n) => {
        const offer = await next.offered((booked[n] as Booking).id, 20_000);
        await insist(200, () => next.accept(offer.offerId));
      }),
    );
    for (const [n, { user, near, next }] of people.entries()) {
      const { id } = booked[n] as Booking;
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
  },
);

test('F6 · half-open for long: every call is answered 503 within 6 s, none hangs', async () => {
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

/** F7: Postgres is killed this often while calls are under way. */
const KILLS = LONG ? 30 : 5;
const BOOKERS = 6;

test('F7 · killed again and again: each call is repeated with its key until it is answered, and is done once', async () => {
  const people = await Promise.all(
    upTo(BOOKERS).map(async () => {
      const place = freshPlace();
      return { place, user: await cast.user({ connected: false }), pilot: await cast.pilot({ at: place }) };
    }),
  );
  let over = false;
  const going = people.map(async ({ place, user, pilot }) => {
    const made: string[] = [];
    while (!over) {
      const { id } = await bookSurely(user, place);
      made.push(id);
      const { offerId } = await eventually(
        'his offer',
        async () =>
          (await insist<Offer[]>(200, () => pilot.request('GET', '/pilots/me/offers'))).find(
            (one) => one.bookingId === id,
          ),
        20_000,
      ).catch(() => ({ offerId: null }));
      // Through trouble an offer may have run out before he saw it; then the search has ended, and he is free.
      if (offerId === null) continue;
      const reply = await eventually(
        'an answer to his accept',
        async () => {
          const answer = await pilot.accept(offerId);
          return answer.status !== 503 && answer;
        },
        15_000,
      );
      const accepted = reply.status === 200;
      if (!accepted) expect(reply).toMatchObject({ status: 409, body: { code: 'offer_expired' } });
      const { status } = await insist<Booking>(200, () => user.request('GET', `/bookings/${id}`));
      expect(status).toBe(accepted ? 'ASSIGNED' : 'PENDING');
      await insist(200, () => user.cancel(id));
    }
    return made;
  });
  for (let kill = 0; kill < KILLS; kill += 1) {
    await pause(200 + Math.random() * 600);
    await restart('SIGKILL');
  }
  over = true;
  const made = (await Promise.all(going)).flat();
  expect(new Set(made).size).toBe(made.length);
  const stored = await system.rows<{ id: string }>(
    'SELECT id FROM bookings WHERE user_id = ANY ($1::uuid[])',
    [people.map(({ user }) => user.id)],
  );
  expect(stored.map(({ id }) => id).toSorted()).toEqual(made.toSorted());
  for (const child of [...system.apis, ...system.workers]) process.kill(child.pid, 0);
}, 180_000);

(ownDisk ? test : test.skip)(
  'F32 · its disk is full: an error and no false success; with space again, all goes on',
  async () => {
    const place = freshPlace();
    const [user, pilot] = [await cast.user({ connected: false }), await cast.pilot({ at: place })];
    const book = (note: string) =>
      user.request<Booking>('POST', '/bookings', bookingAt(place, { note, vehicleTypeId: 'van' }));
    postgres.fillDisk();
    const taken: string[] = [];
    await eventually(
      'a booking that finds no space',
      async () => {
        // A long note: what fits into the pages that are there already is no trouble.
        const reply = await book(randomUUID().repeat(13).slice(0, 470));
        if (reply.status === 201) taken.push(reply.body.id);
        else expectProblem(reply, 503);
        return reply.status === 503;
      },
      50_000,
    );
    postgres.freeDisk();
    // Without space for its log Postgres gives up; whoever watches over it starts it again.
    await postgres.startAgain();
    await insist(200, () => user.request('GET', '/bookings'), SERVED_AGAIN_MS);
    const mine = await system.rows<{ id: string }>('SELECT id FROM bookings WHERE user_id = $1', [user.id]);
    expect(mine.map(({ id }) => id).toSorted()).toEqual(taken.toSorted());
    const { id } = await bookSurely(user, place);
    const { offerId } = await pilot.offered(id, SERVED_AGAIN_MS);
    await insist(200, () => pilot.accept(offerId));
    await agreed(system, id, 'assigned');
    for (const child of [...system.apis, ...system.workers]) process.kill(child.pid, 0);
  },
  120_000,
);
