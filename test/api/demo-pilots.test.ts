// Simulated pilots for one who tries the system alone: a real booking, delivered by one of them.
import { execFileSync } from 'node:child_process';
import { demoPilotsAddedShape, type PilotMap } from '../../contract/page-shapes.js';
import { greatCircleKm } from '../../contract/geo.js';
import { Cast, type Operator } from '../support/actors.js';
import { badFields, conform, expectProblem } from '../support/conform.js';
import { freshPlace } from '../support/places.js';
import { System } from '../support/system.js';
import { eventually } from '../support/waiting.js';

let system: System;
let cast: Cast;
let operator: Operator;
beforeAll(async () => {
  const env = {
    DEMO: 'true',
    RATE_LIMIT: '600,30,6000',
    OFFER_TIMEOUT_MS: '30000',
    SEARCH_TIMEOUT_MS: '120000',
  };
  system = await System.start({ env });
  cast = new Cast(system);
  operator = await cast.operator();
});
afterAll(async () => {
  cast?.leave();
  await system?.stop();
});

const add = (body: object) => operator.request<{ added: number }>('POST', '/demo/pilots', body);
const positions = async (): Promise<PilotMap['items']> =>
  (await operator.expect<PilotMap>(200, 'GET', '/admin/pilots/positions')).items;

/** Processes that a process has started. */
function childrenOf(pid: number): number[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n');
  const pairs = lines.map((line) => line.trim().split(/\s+/).map(Number));
  // `ps` itself is no child of an API.
  return pairs.filter(([, parent]) => parent === pid).map(([child = 0]) => child);
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

test('they are online when it answers, near the place, and deliver a booking in under a minute', async () => {
  const place = freshPlace();
  const made = await add({ count: 6, ...place });
  expect(made.status).toBe(201);
  conform(demoPilotsAddedShape, made.body);
  expect(made.body).toEqual({ added: 6 });
  const here = await positions();
  expect(here).toHaveLength(6);
  expect(new Set(here.map((one) => one.name)).size).toBe(6);
  for (const one of here) {
    expect(one.state).toBe('free');
    expect(greatCircleKm(one, place)).toBeLessThan(2.2);
  }
  const user = await cast.user();
  const bookedAt = performance.now();
  const { id } = await user.book(place);
  // By socket: who asks again and again is limited here.
  const assigned = await user.hears('booking:driver_assigned', () => true, 40_000);
  const offers = (await user.events(id)).filter((one) => one.event === 'booking:offer_sent');
  expect(Date.parse(String(assigned.payload['at'])) - Date.parse(offers.at(-1)?.at ?? '')).toBeGreaterThan(
    1_900,
  );
  await user.hears('booking:status', (one) => one['status'] === 'DELIVERED', 40_000);
  if (offers.length === 1) expect(performance.now() - bookedAt).toBeLessThan(60_000);
  const steps = (await user.events(id)).filter((one) => one.event === 'booking:status');
  expect(steps.map((one) => one.payload['status'])).toEqual([
    'ARRIVED',
    'PICKED_UP',
    'IN_TRANSIT',
    'DELIVERED',
  ]);
  const { pickup, dropoff } = await user.booking(id);
  const seen = user.socket.of<{ lat: number; lng: number; at: string }>('booking:pilot_location', id);
  // Every second, and at the pickup when he says that he is there.
  expect(seen.length).toBeGreaterThan(15);
  const distances = (to: typeof pickup, at: string) =>
    seen.filter((one) => one.at <= at).map((one) => greatCircleKm(one, to));
  expect(distances(pickup, steps[1]?.at ?? '').at(-1)).toBeLessThan(0.05);
  expect(distances(dropoff, steps[3]?.at ?? '').at(-1)).toBeLessThan(1);
});

test.each([
  [{ count: 0 }, 'count'],
  [{ count: 51 }, 'count'],
  [{ count: 1.5 }, 'count'],
  [{ lat: 91 }, 'lat'],
  [{ speed: 1 }, 'speed'],
])('%j is 400', async (wrong, field) => {
  expect(badFields(await add({ count: 1, lat: 45.5, lng: -73.6, ...wrong }))).toEqual([field]);
});

test('users and pilots may not; and it is not there without DEMO', async () => {
  const [user, pilot] = [await cast.user({ connected: false }), await cast.pilot()];
  for (const one of [user, pilot])
    expectProblem(await one.request('POST', '/demo/pilots', { count: 1, ...freshPlace() }), 403);
  const plain = await system.startApi({ DEMO: undefined });
  operator.door = system.apis.indexOf(plain);
  expectProblem(await add({ count: 1, ...freshPlace() }), 404);
  operator.door = 0;
});

test.each([
  ['is stopped', (index: number) => system.api(index).stop()],
  ['is killed', (index: number) => system.api(index).kill9()],
])('they are gone when their API %s', async (_how, end) => {
  const api = await system.startApi();
  const door = system.apis.indexOf(api);
  operator.door = door;
  // At the poles the globe still has room for them.
  expect((await add({ count: 2, lat: 90, lng: 180 })).status).toBe(201);
  operator.door = 0;
  const children = childrenOf(api.pid);
  expect(children).toHaveLength(1);
  await end(door);
  await eventually('the pilots to end', () => !children.some(isAlive), 5_000);
});
