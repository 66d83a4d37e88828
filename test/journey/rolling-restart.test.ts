// Two APIs behind a balancer and two workers are restarted one after the other, under load.
import type { Booking, Offer } from '../../contract/shapes.js';
import { bookingAt, Cast, type PilotActor, type User } from '../support/actors.js';
import { Balancer } from '../support/balancer.js';
import { LONG } from '../support/counts.js';
import { upTo } from '../support/crowd.js';
import { FollowingApp } from '../support/following-app.js';
import { freshPlace } from '../support/places.js';
import type { TestProcess } from '../support/processes.js';
import { System } from '../support/system.js';
import { eventually, pause } from '../support/waiting.js';

/** F29: every 5 s for 2 min; in `npm test` three. */
const RESTARTS = LONG ? 24 : 3;
const EVERY_MS = 5_000;
/** No customer and no pilot waits longer than this for anything. */
const WORST_STEP_MS = 2_000;
const LANES = 6;
/**
 * In `npm test` a lane books every two seconds: three bookings a second leave two cores room for the process that comes up
 * meanwhile, which takes one of them for seconds. In the long run, without a pause.
 */
const BOOKING_EVERY_MS = LONG ? 0 : 2_000;
/** pino's number of `error`. */
const ERROR = 50;

let system: System;
let balancer: Balancer;
let cast: Cast;
beforeAll(async () => {
  // Patience: a pilot whose socket comes back is heard of, and asked, as in a city with others.
  system = await System.start({
    apis: 2,
    workers: 2,
    env: { OFFER_TIMEOUT_MS: '10000', SEARCH_TIMEOUT_MS: '30000', SEARCH_PATIENCE_MS: '10000' },
  });
  balancer = await Balancer.start(system.apis.map((api) => api.url));
  cast = new Cast({ url: () => balancer.url });
});
afterAll(async () => {
  cast?.leave();
  await balancer?.stop();
  await system?.stop();
});

interface Lane {
  place: { lat: number; lng: number };
  user: User;
  app: FollowingApp;
  pilot: PilotActor;
  booked: string[];
}

async function openLane(): Promise<Lane> {
  const place = freshPlace();
  const user = await cast.user({ connected: false });
  const pilot = await cast.pilot({ at: place, ready: false });
  const app = await FollowingApp.open(balancer.url, user.token);
  await pilot.connect({ reconnection: true, reconnectionDelay: 100, reconnectionDelayMax: 500 });
  user.sockets.push(app.line);
  await pilot.setOnline(true);
  return { place, user, app, pilot, booked: [] };
}

const steps: { what: string; ms: number }[] = [];

/** How long people waited for this. */
async function timed<T>(what: string, wait: Promise<T>): Promise<T> {
  const startedAt = performance.now();
  const answer = await wait;
  steps.push({ what, ms: performance.now() - startedAt });
  return answer;
}

/** One booking from the tap to the door; any answer that is not the wanted one throws. */
async function ride({ place, user, app, pilot, booked }: Lane): Promise<void> {
  const { id } = await timed('book', user.expect<Booking>(201, 'POST', '/bookings', bookingAt(place)));
  booked.push(id);
  // A phone that is on the road tells where it is; a minute without is too old to be asked.
  await pilot.moveTo(place);
  void app.follow(id);
  const offer = await timed<Offer>('offer', pilot.offered(id));
  await timed('accept', pilot.expect(200, 'POST', `/offers/${offer.offerId}/accept`, {}));
  const assigned = () => app.shows(id).some((one) => one.event === 'booking:driver_assigned');
  await timed('assigned', eventually('the driver on the screen', assigned));
  for (const status of ['ARRIVED', 'PICKED_UP', 'IN_TRANSIT', 'DELIVERED'])
    await timed(status, pilot.expect(200, 'POST', `/jobs/${id}/status`, { status }));
}

/** Does it, and waits until it began `everyMs` ago. */
async function paced(work: () => Promise<void>, everyMs: number): Promise<void> {
  const startedAt = performance.now();
  await work();
  await pause(Math.max(0, everyMs - (performance.now() - startedAt)));
}

async function restart(n: number): Promise<TestProcess> {
  const one = n % 2 === 0 ? system.api(n / 2) : system.worker((n - 1) / 2);
  const startedAt = performance.now();
  process.kill(one.pid, 'SIGTERM');
  expect(await one.ended).toEqual({ code: 0, signal: null });
  expect(performance.now() - startedAt).toBeLessThan(10_000);
  if (n % 2 === 0) {
    balancer.remove(system.api(n / 2).url);
    const fresh = await system.startApi();
    await fresh.waitReady();
    balancer.add(fresh.url);
  } else await system.startWorker();
  return one;
}

test('F29 · restarted one after the other under load: nothing refused, no event missed, no step over 2 s', async () => {
  const lanes = await Promise.all(upTo(LANES).map(openLane));
  let over = false;
  const riding = lanes.map(async (lane) => {
    while (!over) await paced(() => ride(lane), BOOKING_EVERY_MS);
  });
  const stopped: TestProcess[] = [];
  // A lane that fails ends the test at once, with its own words.
  const restarting = (async () => {
    for (let n = 0; n < RESTARTS; n += 1)
      await paced(async () => void stopped.push(await restart(n)), EVERY_MS);
  })().finally(() => (over = true));
  await Promise.all([restarting, ...riding]);
  const worst = steps.toSorted((a, b) => b.ms - a.ms).slice(0, 5);
  expect(worst.filter(({ ms }) => ms > WORST_STEP_MS)).toEqual([]);
  for (const { user, app, booked } of lanes) {
    expect(booked.length).toBeGreaterThan(RESTARTS);
    for (const id of booked)
      await eventually('each event on the screen', async () => {
        const stored = await user.events(id);
        expect(app.shows(id)).toEqual(stored.map(({ seq, event, payload }) => ({ seq, event, payload })));
        return true;
      });
  }
  for (const one of [...stopped, ...system.apis, ...system.workers])
    expect(one.lines().filter((line) => line.level >= ERROR)).toEqual([]);
}, 240_000);
