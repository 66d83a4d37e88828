// API and worker whose clocks are wrong by minutes and hours: only Postgres' clock decides, and only it is shown.
import type { Offer } from '../../contract/shapes.js';
import { Cast } from '../support/actors.js';
import { agreed, offersOf } from '../support/accounts.js';
import { LONG } from '../support/counts.js';
import { freshPlace, northOf } from '../support/places.js';
import { System } from '../support/system.js';
import { eventually, until } from '../support/waiting.js';

const FAKETIME = process.env['TEST_FAKETIME'];
const OFFER_MS = 3_000;
const SEARCH_MS = 6_000;
/** What a countdown may be off, and how long an end may go unnoticed (rule 9). */
const RIGHT_TO_MS = 500;
const ACTED_WITHIN_MS = 1_500;

/** The clocks of two APIs and two workers; in the long run every clock in every place. */
const CLOCKS: [string, string][][] = [
  [
    ['+3600', '-90'],
    ['-3600', '+90'],
  ],
  ...(LONG ? [[['-3600', '+90'] as [string, string], ['+3600', '-90'] as [string, string]]] : []),
];

let system: System;
let cast: Cast;
beforeAll(async () => {
  system = await System.prepare({
    env: { OFFER_TIMEOUT_MS: String(OFFER_MS), SEARCH_TIMEOUT_MS: String(SEARCH_MS) },
  });
});
afterEach(() => cast?.leave());
afterAll(() => system?.stop());

/** The environment of a process whose clock is wrong by so many seconds; what it measures spans with is not. */
const wrongBy = (seconds: string): Record<string, string | undefined> => ({
  LD_PRELOAD: FAKETIME,
  FAKETIME: `${seconds}s`,
  FAKETIME_DONT_FAKE_MONOTONIC: '1',
});

/** By the test's own clock, which is Postgres': same machine. */
function expectRightCountdown(offer: Offer, heardAt: number): void {
  expect(Math.abs(Date.parse(offer.serverTime) - heardAt)).toBeLessThan(RIGHT_TO_MS);
  const left = Date.parse(offer.expiresAt) - Date.parse(offer.serverTime);
  expect(Math.abs(left - OFFER_MS)).toBeLessThan(RIGHT_TO_MS);
  expect(offer.remainingSeconds).toBe(Math.ceil(left / 1_000));
}

/** One search on an API: silent, then late, then in time; each end where Postgres' clock has it. */
async function expectRightEnds(door: number): Promise<void> {
  const place = freshPlace();
  const user = await cast.user({ connected: false });
  const silent = await cast.pilot({ ready: false, at: northOf(place, 0.1) });
  const next = await cast.pilot({ ready: false, at: northOf(place, 0.2) });
  for (const actor of [user, silent, next]) {
    actor.door = door;
    await actor.connect();
  }
  for (const pilot of [silent, next]) await pilot.setOnline(true);
  const tappedAt = Date.now();
  const { id, createdAt } = await user.book(place);
  expect(Date.parse(createdAt)).toBeGreaterThanOrEqual(tappedAt);
  expect(Date.parse(createdAt)).toBeLessThanOrEqual(Date.now());
  const heard = await silent.hears('booking:offer', (one) => one['bookingId'] === id);
  const first = heard.payload as unknown as Offer;
  expectRightCountdown(first, heard.at);
  // Who connects again is told what is left by then, not by the clock of the API that tells him.
  const again = await (await silent.connect()).arrival('booking:offer');
  const { expiresAt, serverTime, remainingSeconds } = again.payload as unknown as Offer;
  expect(expiresAt).toBe(first.expiresAt);
  expect(Math.abs(Date.parse(serverTime) - again.at)).toBeLessThan(RIGHT_TO_MS);
  expect(remainingSeconds).toBe(Math.ceil((Date.parse(expiresAt) - Date.parse(serverTime)) / 1_000));
  const end = Date.parse(first.expiresAt);
  await until(end + 5);
  expect(await silent.accept(first.offerId)).toMatchObject({ status: 409, body: { code: 'offer_expired' } });
  const second = await next.offered(id);
  const expired = await user.event(id, 'booking:offer_expired');
  expect(Date.parse(expired.at) - end).toBeGreaterThanOrEqual(0);
  expect(Date.parse(expired.at) - end).toBeLessThan(ACTED_WITHIN_MS);
  // The second offer ends with the search.
  const { searchEndsAt } = await user.assignment(id);
  expect(second.expiresAt).toBe(searchEndsAt);
  await until(Date.parse(second.expiresAt) - 1_000);
  expect((await next.accept(second.offerId)).status).toBe(200);
  await agreed(system, id, 'assigned');
  expect((await offersOf(system, id)).map((one) => one.status)).toEqual(['EXPIRED', 'ACCEPTED']);
  const at = (await user.events(id)).map((one) => Date.parse(one.at));
  expect(at).toEqual(at.toSorted((a, b) => a - b));
  await eventually('his position during the job', async () => {
    await next.moveTo(northOf(place, 0.15));
    return user.socket.of('booking:pilot_location', id).length > 0;
  });
  const [shown] = user.socket.of<{ at: string }>('booking:pilot_location', id);
  expect(Math.abs(Date.parse(shown?.at ?? '') - Date.now())).toBeLessThan(2 * RIGHT_TO_MS);
  expect((await user.cancel(id)).status).toBe(200);
}

(FAKETIME === undefined ? test.skip : test).each(CLOCKS)(
  'F22 · APIs wrong by %j s, workers by %j s: nothing is decided otherwise, the countdown is right',
  async (apis, workers) => {
    const before = { apis: system.apis.length, workers: system.workers.length };
    await Promise.all([
      ...apis.map((seconds) => system.startApi(wrongBy(seconds))),
      ...workers.map((seconds) => system.startWorker(wrongBy(seconds))),
    ]);
    const mine = { apis: system.apis.slice(before.apis), workers: system.workers.slice(before.workers) };
    await Promise.all(mine.apis.map((api) => api.waitReady()));
    cast = new Cast({ url: (door = 0) => system.url(before.apis + door) });
    // The clocks are really wrong; the APIs stand in the order in which they came up.
    const off = mine.apis.map((api) => Date.parse(String(api.lines()[0]?.['time'])) - Date.now());
    const wanted = apis.map((seconds) => Number(seconds) * 1_000).sort((a, b) => a - b);
    for (const [index, ms] of off.sort((a, b) => a - b).entries())
      expect(Math.abs(ms - (wanted[index] ?? 0))).toBeLessThan(40_000);
    const patience = await cast.user({ connected: false });
    const lonely = await patience.book(freshPlace());
    // The first of each process takes longer than the countdown may be off.
    await patience.event(lonely.id, 'booking:no_pilots');
    const warm = await cast.user({ connected: false });
    warm.door = 1;
    await warm.event((await warm.book(freshPlace())).id, 'booking:no_pilots');
    await Promise.all([0, 0, 1, 1].map((door) => expectRightEnds(door)));
    expect(await patience.eventNames(lonely.id)).toEqual(['created', 'search_started', 'no_pilots']);
    // In good order: after a death of all APIs the next search would wait for pilots who may come again (decision 7).
    await Promise.all([...mine.apis, ...mine.workers].map((one) => one.stop()));
  },
);
