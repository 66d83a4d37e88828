// Processes that die at a named line (FAILPOINT): between a commit and what should follow it nothing is lost or doubled.
import { randomUUID } from 'node:crypto';
import type { Booking } from '../../contract/shapes.js';
import { agreed, offersOf, workflowState } from '../support/accounts.js';
import { bookingAt, Cast, type PilotActor, type User } from '../support/actors.js';
import { count, tried, within } from '../support/counts.js';
import { inCrowd, upTo } from '../support/crowd.js';
import { freshPlace, northOf } from '../support/places.js';
import type { ApiProcess } from '../support/processes.js';
import { call } from '../support/rest.js';
import { acceptedByNext, oneSearchBegins } from '../support/states.js';
import { System } from '../support/system.js';
import { eventually } from '../support/waiting.js';

/** F1: the search starts within this of the commit, since another API is alive. */
const STARTED_WITHIN_MS = 2_000;
/** A dead worker's task is given to another after 2 s, its sticky queue is left after 1 s. */
const TAKEN_OVER_WITHIN_MS = 15_000;
/** Processes that die at once: each is a start of Node. */
const AT_ONCE = 5;

let system: System;
let cast: Cast;
beforeAll(async () => {
  system = await System.start({
    env: { OFFER_TIMEOUT_MS: '4000', SEARCH_TIMEOUT_MS: '60000', RETRY_WINDOW_MS: '600000' },
  });
  cast = new Cast(system);
}, 60_000);
afterAll(async () => {
  cast?.leave();
  await system?.stop();
});

const dyingApis = (FAILPOINT: string, number: number): Promise<ApiProcess[]> =>
  Promise.all(upTo(number).map(() => system.startApi({ FAILPOINT })));
const killed = { code: null, signal: 'SIGKILL' };

/** Books where the process dies of it: there is no answer, and nobody asks again. */
async function bookAndLose(api: ApiProcess, user: User, key: string = randomUUID()): Promise<void> {
  const body = bookingAt(freshPlace());
  const answer = call(api.url, 'POST', '/bookings', {
    token: user.token,
    body,
    headers: { 'idempotency-key': key },
  });
  await expect(answer).rejects.toThrow(/socket hang up|ECONNRESET/);
  expect(await api.ended).toEqual(killed);
}

async function onlyBooking(user: User): Promise<Booking> {
  const { items } = await user.expect<{ items: Booking[] }>(200, 'GET', '/bookings');
  expect(items).toHaveLength(1);
  return items[0] as Booking;
}

describe('the API dies', () => {
  test(
    'F1 · after the commit, before the start: the search starts within 2 s, without the user',
    async () => {
      await oneSearchBegins(cast);
      for (let left = count(100); left > 0; left -= AT_ONCE) {
        const apis = await dyingApis('after-booking-commit', Math.min(AT_ONCE, left));
        const users = await Promise.all(apis.map(() => cast.user({ connected: false })));
        // All answer their second call at the same moment: none lives on to take a line of another, and die with it.
        await Promise.all(
          apis.map(({ url }, n) => call(url, 'GET', '/bookings', { token: (users[n] as User).token })),
        );
        await Promise.all(apis.map((api, n) => bookAndLose(api, users[n] as User)));
        await Promise.all(
          users.map(async (user) => {
            const { id, createdAt } = await onlyBooking(user);
            const begun = await user.event(id, 'booking:search_started');
            expect(Date.parse(begun.at) - Date.parse(createdAt)).toBeLessThan(STARTED_WITHIN_MS);
            expect((await user.eventNames(id)).filter((one) => one === 'search_started')).toHaveLength(1);
          }),
        );
      }
      tried('F1', count(100));
    },
    within(90_000),
  );

  test(
    'F2 · after the start, before the answer: the same key, 20 times at once, gets the one booking',
    async () => {
      for (let left = count(20); left > 0; left -= AT_ONCE) {
        const apis = await dyingApis('after-workflow-start', Math.min(AT_ONCE, left));
        await Promise.all(
          apis.map(async (api) => {
            const user = await cast.user({ connected: false });
            const place = freshPlace();
            const headers = { 'idempotency-key': randomUUID() };
            const options = { token: user.token, body: bookingAt(place), headers };
            await expect(call(api.url, 'POST', '/bookings', options)).rejects.toThrow(
              /socket hang up|ECONNRESET/,
            );
            expect(await api.ended).toEqual(killed);
            const { id } = await onlyBooking(user);
            const run = await workflowState(system, id);
            expect(run).not.toBeNull();
            const again = await inCrowd(20, upTo(20), () =>
              call<Booking>(user.doors.url(), 'POST', '/bookings', options),
            );
            expect(again.map((one) => [one.status, one.body.id])).toEqual(again.map(() => [201, id]));
            await user.event(id, 'booking:no_pilots');
            expect((await workflowState(system, id))?.runId).toBe(run?.runId);
            await onlyBooking(user);
          }),
        );
      }
      tried('F2', 20 * count(20));
    },
    within(60_000),
  );
});

interface Scene {
  user: User;
  near: PilotActor;
  next: PilotActor;
  id: string;
}

async function scene(): Promise<Scene> {
  const place = freshPlace();
  const [user, near, next] = await Promise.all([
    cast.user({ connected: false }),
    cast.pilot({ at: northOf(place, 0.1) }),
    cast.pilot({ at: northOf(place, 0.5) }),
  ]);
  return { user, near, next, id: (await user.book(place)).id };
}

/** Whoever was asked was asked once for each offer that the rows hold, and an offer that ran out has freed him. */
async function onceOrFree({ user, near, next, id }: Scene): Promise<void> {
  await agreed(system, id, 'assigned');
  expect((await offersOf(system, id)).map((one) => [one.pilot_id, one.number, one.status])).toEqual([
    [near.id, 1, 'EXPIRED'],
    [next.id, 2, 'ACCEPTED'],
  ]);
  expect(
    new Set(near.socket.of<{ offerId: string }>('booking:offer', id).map((one) => one.offerId)).size,
  ).toBe(1);
  expect(await near.offers()).toEqual([]);
  expect(await user.eventNames(id)).toEqual([
    'created',
    'search_started',
    'offer_sent',
    'offer_expired',
    'offer_sent',
    'driver_assigned',
  ]);
}

test.each(['offer-before-commit', 'offer-before-send'])(
  'F3 · the worker dies between claim and offer (%s): the pilot gets it once, or it ends and he is free',
  async (FAILPOINT) => {
    // Two failpoints share the count.
    const tries = count(50);
    await system.worker().kill9();
    for (let left = tries; left > 0; left -= AT_ONCE) {
      const dying = await Promise.all(
        upTo(Math.min(AT_ONCE, left)).map(() => system.startWorker({ FAILPOINT })),
      );
      let dead = 0;
      for (const one of dying) void one.ended.then(() => (dead += 1));
      const scenes: Scene[] = [];
      const accepted: Promise<void>[] = [];
      while (scenes.length < dying.length) {
        scenes.push(await scene());
        // One that dies late may have ended an offer and asked the next pilot before.
        accepted.push(acceptedByNext(scenes.at(-1) as Scene, 4_000 + TAKEN_OVER_WITHIN_MS));
        // A worker has several polls: bookings made at once would all come to the first, and from it to the next to die.
        await eventually('one more worker to die', () => dead >= scenes.length);
      }
      const endings = await Promise.all(dying.map((one) => one.ended));
      expect(endings).toEqual(dying.map(() => killed));
      const healthy = await system.startWorker();
      await Promise.all(accepted);
      await Promise.all(scenes.map(onceOrFree));
      await healthy.kill9();
    }
    tried('F3', tries);
  },
  within(90_000),
);
