// SIGTERM: not ready first, then everything in order, within 10 s, with code 0 and no error in the log.
import { connect } from 'node:net';
import { Cast } from '../support/actors.js';
import { agreed } from '../support/accounts.js';
import { freshPlace, northOf } from '../support/places.js';
import type { TestProcess } from '../support/processes.js';
import { call } from '../support/rest.js';
import { System } from '../support/system.js';
import { eventually } from '../support/waiting.js';

const STOPPED_WITHIN_MS = 10_000;
/** pino's number of `error`. */
const ERROR = 50;

let system: System;
let cast: Cast;
beforeAll(async () => {
  system = await System.start({
    apis: 2,
    workers: 2,
    env: { OFFER_TIMEOUT_MS: '6000', SEARCH_TIMEOUT_MS: '30000' },
  });
  cast = new Cast(system);
});
afterAll(async () => {
  cast?.leave();
  await system?.stop();
});

/** Told once, it ends well. A second SIGTERM would be a wish for a hard end. */
async function expectGoodEnd(child: TestProcess, told = false): Promise<void> {
  const startedAt = performance.now();
  if (!told) process.kill(child.pid, 'SIGTERM');
  const { code } = await child.ended;
  const ms = performance.now() - startedAt;
  const errors = child.lines().filter((line) => line.level >= ERROR);
  expect({ code, errors }).toEqual({ code: 0, errors: [] });
  expect(ms).toBeLessThan(STOPPED_WITHIN_MS);
}

test('an API with sockets and bookings: 503 first, clients are told, the other API goes on', async () => {
  const place = freshPlace();
  const [user, pilot] = [await cast.user(), await cast.pilot({ at: place })];
  const { id } = await user.book(place);
  const { offerId } = await pilot.offered(id);
  const api = system.api(0);
  process.kill(api.pid, 'SIGTERM');
  const seen = await eventually('readiness to be 503 while it still answers', async () => {
    const reply = await call(api.url, 'GET', '/health/ready');
    return reply.status === 503 && reply.headers['retry-after'];
  });
  expect(Number(seen)).toBeGreaterThan(0);
  // Meanwhile it serves whoever is still sent here.
  expect((await user.request('GET', `/bookings/${id}`)).status).toBe(200);
  await expectGoodEnd(api, true);
  // Not told to stay away: a client of Socket.IO comes back by itself, and elsewhere behind a balancer.
  expect(user.socket.closings).toEqual(['transport close']);
  for (const actor of [user, pilot, await cast.operator()]) actor.door = 1;
  await user.connect();
  expect((await pilot.accept(offerId)).status).toBe(200);
  await user.hears('booking:driver_assigned', (one) => one['bookingId'] === id);
});

/** Holds a booking's row, as a slow transaction would, until it is let go. */
async function holdBooking(id: string): Promise<() => Promise<void>> {
  const client = await system.sql.connect();
  await client.query('BEGIN');
  await client.query('SELECT FROM bookings WHERE id = $1 FOR UPDATE', [id]);
  return async () => {
    await client.query('COMMIT');
    client.release();
  };
}

/** Is something waiting for a row's lock? */
const someoneWaits = async (): Promise<boolean> =>
  (
    await system.rows(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    )
  ).length > 0;

test('an API with requests under way: they are answered, and one that never ends does not hold it up', async () => {
  // Postgres lets the cancel wait for two seconds, and it waits through the drain.
  const api = await system.startApi({ DRAIN_MS: '400' });
  await api.waitReady();
  const user = await cast.user({ connected: false });
  user.door = system.apis.indexOf(api);
  const { id } = await user.book(freshPlace());
  await user.event(id, 'booking:no_pilots');
  const [line, release] = [await user.line(), await holdBooking(id)];
  const held = user.cancel(id);
  await eventually('the cancel to wait', someoneWaits);
  const { hostname, port } = new URL(api.url);
  const stalled = connect(Number(port), hostname, () =>
    stalled.write(
      'POST /bookings HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{',
    ),
  );
  stalled.on('error', () => undefined);
  process.kill(api.pid, 'SIGTERM');
  // Whoever keeps a connection for the next request is told that there is none.
  await eventually('the word to close', async () => {
    const reply = await user.request('GET', `/bookings/${id}`, undefined, line);
    return reply.status === 200 && reply.headers['connection'] === 'close';
  });
  await eventually('nobody to listen any more', () =>
    call(api.url, 'GET', '/health/live').then(
      () => false,
      (error: NodeJS.ErrnoException) => error.code === 'ECONNREFUSED',
    ),
  );
  await release();
  expect(await held).toMatchObject({ status: 200, body: { status: 'CANCELLED' } });
  await expectGoodEnd(api, true);
});

test('an API right after its start', async () => {
  for (let n = 0; n < 3; n += 1) await expectGoodEnd(await system.startApi());
});

test('Ctrl-C that npm hands on comes twice: the two are one, for API and worker', async () => {
  const started = [await system.startApi(), await system.startWorker()];
  await eventually('the worker to poll', () =>
    (started[1] as TestProcess).lines().some(({ msg }) => msg === 'worker polling'),
  );
  await Promise.all(
    started.map((child) => {
      process.kill(child.pid, 'SIGINT');
      setTimeout(() => process.kill(child.pid, 'SIGINT'), 10);
      return expectGoodEnd(child, true);
    }),
  );
});

test('a worker with live offers: it ends, another takes over, offers end on time', async () => {
  const place = freshPlace();
  const user = await cast.user({ connected: false });
  user.door = 1;
  const pilots = [];
  for (const km of [0.1, 0.2]) {
    const pilot = await cast.pilot();
    pilot.door = 1;
    await pilot.connect();
    await pilot.moveTo(northOf(place, km));
    await pilot.setOnline(true);
    pilots.push(pilot);
  }
  const { id } = await user.book(place);
  const offer = await pilots[0]?.offered(id);
  await expectGoodEnd(system.worker(0));
  const second = await pilots[1]?.offered(id);
  expect(Date.parse(second?.serverTime ?? '') - Date.parse(offer?.expiresAt ?? '')).toBeLessThan(6_000);
  expect((await pilots[1]?.accept(second?.offerId ?? ''))?.status).toBe(200);
  await agreed(system, id, 'assigned');
});

test('a worker in the middle of a step: the step ends, and what follows is done by another', async () => {
  const place = freshPlace();
  const worker = await system.startWorker();
  const user = await cast.user({ connected: false });
  user.door = 1;
  const ids = await Promise.all([0, 1, 2, 3].map(async () => (await user.book(place)).id));
  await Promise.all(ids.map((id) => user.event(id, 'booking:no_pilots')));
  const releases = await Promise.all(ids.slice(0, 2).map(holdBooking));
  for (const id of ids)
    expect(
      (await system.temporal.client.workflow.getHandle(`booking-${id}`).signal('retry', {})) ?? 'sent',
    ).toBe('sent');
  await eventually('a step to wait', someoneWaits);
  const ending = expectGoodEnd(worker);
  await Promise.all(releases.map((release) => release()));
  await ending;
  await Promise.all(ids.map((id) => user.event(id, 'booking:no_pilots', 15_000, 2)));
});

test('the last worker and the last API, with Postgres and Temporal still there', async () => {
  await Promise.all([expectGoodEnd(system.worker(1)), expectGoodEnd(system.api(1))]);
});
