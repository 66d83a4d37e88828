// The worker dies or freezes while offers are live: they end on time, answers are honoured (F3, F5, F12).
import { Cast, type PilotActor, type User } from '../support/actors.js';
import { agreed, completed, offersOf } from '../support/accounts.js';
import { LONG, tried, within } from '../support/counts.js';
import { upTo } from '../support/crowd.js';
import { freshPlace, northOf } from '../support/places.js';
import { acceptedByNext } from '../support/states.js';
import { System } from '../support/system.js';
import { eventually, until } from '../support/waiting.js';

/** With a worker dead for a moment, an ended offer is acted upon within this (design, decision 8). */
const ACTED_WITHIN_MS = 6_000;

let system: System;
let cast: Cast;
beforeAll(async () => {
  system = await System.start({ env: { OFFER_TIMEOUT_MS: '4000', SEARCH_TIMEOUT_MS: '60000' } });
  cast = new Cast(system);
});
afterAll(async () => {
  cast?.leave();
  await system?.stop();
});

/** The first pilot kept silent, the second accepted. */
const THROUGH_THE_FIRST = [
  ...['created', 'search_started', 'offer_sent', 'offer_expired', 'offer_sent', 'driver_assigned'],
];
const currentWorker = () => system.worker(system.workers.length - 1);

async function scene(): Promise<{ user: User; near: PilotActor; next: PilotActor; id: string }> {
  const place = freshPlace();
  const user = await cast.user();
  const near = await cast.pilot({ at: northOf(place, 0.1) });
  const next = await cast.pilot({ at: northOf(place, 0.5) });
  return { user, near, next, id: (await user.book(place)).id };
}

test('killed with a live offer, another started: the offer ends on time and the next pilot is asked', async () => {
  const { user, near, next, id } = await scene();
  const offer = await near.offered(id);
  await currentWorker().kill9();
  await system.startWorker();
  const end = Date.parse(offer.expiresAt);
  const due = Math.max(end, Date.now());
  const second = await next.offered(id, due - Date.now() + ACTED_WITHIN_MS);
  const expired = await user.event(id, 'booking:offer_expired');
  expect(Date.parse(expired.at)).toBeGreaterThanOrEqual(end);
  expect(Date.parse(expired.at) - due).toBeLessThan(ACTED_WITHIN_MS);
  expect(Date.parse(second.serverTime) - due).toBeLessThan(ACTED_WITHIN_MS);
  await near.hears('offer:expired', (one) => one['offerId'] === offer.offerId);
  expect((await next.accept(second.offerId)).status).toBe(200);
  expect(await user.eventNames(id)).toEqual(THROUGH_THE_FIRST);
  await agreed(system, id, 'assigned');
});

test('accept while no worker lives is answered 200 at once, and honoured', async () => {
  const { user, near, next, id } = await scene();
  const offer = await near.offered(id);
  await currentWorker().kill9();
  const startedAt = performance.now();
  expect((await near.accept(offer.offerId)).status).toBe(200);
  expect(performance.now() - startedAt).toBeLessThan(1_500);
  await user.hears('booking:driver_assigned', (one) => one['bookingId'] === id);
  expect((await near.step(id, 'ARRIVED')).status).toBe(200);
  await until(Date.parse(offer.expiresAt) + 200);
  await system.startWorker();
  await agreed(system, id, 'assigned');
  for (const status of ['PICKED_UP', 'IN_TRANSIT', 'DELIVERED'] as const) await near.step(id, status);
  await completed(system, id);
  expect(next.socket.of('booking:offer', id)).toEqual([]);
  expect(await user.eventNames(id)).not.toContain('offer_expired');
});

test("F12 · accept after the offer's end with no worker alive is refused, also once one is back", async () => {
  const { user, near, next, id } = await scene();
  const offer = await near.offered(id);
  await currentWorker().kill9();
  await until(Date.parse(offer.expiresAt) + 20);
  expect(await near.accept(offer.offerId)).toMatchObject({ status: 409, body: { code: 'offer_expired' } });
  expect(await near.decline(offer.offerId)).toMatchObject({ status: 409, body: { code: 'offer_expired' } });
  await system.startWorker();
  const second = await next.offered(id, 2 * ACTED_WITHIN_MS);
  expect(await near.accept(offer.offerId)).toMatchObject({ status: 409, body: { code: 'offer_expired' } });
  expect((await next.accept(second.offerId)).status).toBe(200);
  expect((await user.eventNames(id)).filter((one) => one === 'offer_expired')).toHaveLength(1);
});

test('F3 F4 · killed at any moment around the claim: each pilot is asked once, or his offer ends on time', async () => {
  const scenes = await Promise.all(Array.from({ length: 6 }, () => scene()));
  const accepted = Promise.all(scenes.map((one) => acceptedByNext(one, 30_000)));
  const asked = eventually('some of the offers', () => {
    return scenes.filter(({ near, id }) => near.socket.of('booking:offer', id).length > 0).length >= 2;
  });
  await asked;
  await currentWorker().kill9();
  const worker = await system.startWorker();
  await eventually('all first offers', async () => {
    const counts = await Promise.all(scenes.map(async ({ id }) => (await offersOf(system, id)).length));
    return counts.every((count) => count > 0);
  });
  await worker.kill9();
  await system.startWorker();
  await accepted;
  await Promise.all(
    scenes.map(async ({ user, id }) => {
      expect(await user.eventNames(id)).toEqual(THROUGH_THE_FIRST);
      const rows = await offersOf(system, id);
      expect(rows.map((one) => [one.number, one.status])).toEqual([
        [1, 'EXPIRED'],
        [2, 'ACCEPTED'],
      ]);
      await agreed(system, id, 'assigned');
    }),
  );
});

/** How long a worker stands still, each under load of its own. */
const FREEZES_MS = LONG ? [4_000, 6_000, 8_000, 11_000, 15_000] : [5_000];
const LOAD = LONG ? 12 : 6;

test(
  'F5 · frozen under load and thawed: its stale work changes nothing, no step is out of order',
  async () => {
    for (const freezeMs of FREEZES_MS) {
      const second = await system.startWorker();
      const scenes = await Promise.all(upTo(LOAD).map(() => scene()));
      // In the middle of the claims: the offers of some are out, of others not.
      await eventually('the first offers', () =>
        scenes.some(({ near, id }) => near.socket.of('booking:offer', id).length > 0),
      );
      second.freeze();
      const frozenAt = Date.now();
      const later = await Promise.all(upTo(LOAD).map(() => scene()));
      const all = [...scenes, ...later];
      const accepted = all.map((one) => acceptedByNext(one, 2 * freezeMs + 15_000));
      await until(frozenAt + freezeMs);
      second.thaw();
      await Promise.all(accepted);
      for (const { user, near, next, id } of all) {
        await agreed(system, id, 'assigned', 20_000);
        expect(await user.eventNames(id)).toEqual(THROUGH_THE_FIRST);
        expect((await offersOf(system, id)).map((one) => [one.pilot_id, one.number, one.status])).toEqual([
          [near.id, 1, 'EXPIRED'],
          [next.id, 2, 'ACCEPTED'],
        ]);
      }
      await second.kill9();
      tried('F5', all.length);
    }
  },
  within(60_000),
);
