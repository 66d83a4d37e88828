// How a search ends that finds nobody: after its patience, or at its own end; how an unretried booking ends.
import { Cast } from '../support/actors.js';
import { completed } from '../support/accounts.js';
import { expectProblem } from '../support/conform.js';
import { freshPlace } from '../support/places.js';
import { System } from '../support/system.js';
import { never, until } from '../support/waiting.js';

/** Rule 9: acted upon within this. */
const ACTED_WITHIN_MS = 1_500;

const WINDOW_MS = 3_000;

let patient: System;
let brief: System;
let cast: Cast;
let briefCast: Cast;
beforeAll(async () => {
  [patient, brief] = await Promise.all([
    System.start({ env: { SEARCH_PATIENCE_MS: '2000', RETRY_WINDOW_MS: String(WINDOW_MS) } }),
    System.start({
      env: { SEARCH_PATIENCE_MS: '60000', SEARCH_TIMEOUT_MS: '2500', OFFER_TIMEOUT_MS: '1700' },
    }),
  ]);
  [cast, briefCast] = [new Cast(patient), new Cast(brief)];
});
afterAll(async () => {
  cast?.leave();
  briefCast?.leave();
  await Promise.all([patient?.stop(), brief?.stop()]);
});

const between = (from: { at: string }, to: { at: string }): number => Date.parse(to.at) - Date.parse(from.at);

test('nobody comes: no_pilots after the patience, not before', async () => {
  const user = await cast.user();
  const { id } = await user.book(freshPlace());
  const begun = await user.event(id, 'booking:search_started');
  const ended = await user.event(id, 'booking:no_pilots');
  expect(between(begun, ended)).toBeGreaterThanOrEqual(2_000);
  expect(between(begun, ended)).toBeLessThan(2_000 + ACTED_WITHIN_MS);
  expect(ended.payload['message']).toBe('No pilots available in your area');
});

test("patience ends with the search: search_timeout at the search's end", async () => {
  const user = await briefCast.user();
  const { id } = await user.book(freshPlace());
  const begun = await user.event(id, 'booking:search_started');
  const ended = await user.event(id, 'booking:search_timeout');
  expect(between(begun, ended)).toBeGreaterThanOrEqual(2_500);
  expect(between(begun, ended)).toBeLessThan(2_500 + ACTED_WITHIN_MS);
});

test('with less than 1 s left nobody is asked any more: the search waits for its end (rule 9)', async () => {
  const place = freshPlace();
  const user = await briefCast.user();
  const [first, second] = [await briefCast.pilot({ at: place }), await briefCast.pilot({ at: place })];
  const { id } = await user.book(place);
  // 1.7 s for the first leave 0.8 s: too little for the second.
  const ended = await user.event(id, 'booking:search_timeout');
  const begun = await user.event(id, 'booking:search_started');
  expect(between(begun, ended)).toBeGreaterThanOrEqual(2_500);
  const offers = [first, second].flatMap((pilot) => pilot.socket.of('booking:offer', id));
  expect(offers).toHaveLength(1);
  expect((await user.eventNames(id)).slice(2)).toEqual(['offer_sent', 'offer_expired', 'search_timeout']);
});

test('nobody retries in the window: EXPIRED, and then cancel is 409 and retry 404', async () => {
  const user = await cast.user();
  const { id } = await user.book(freshPlace());
  const failed = await user.event(id, 'booking:no_pilots');
  const expired = await user.event(id, 'booking:status');
  expect(between(failed, expired)).toBeGreaterThanOrEqual(WINDOW_MS);
  expect(between(failed, expired)).toBeLessThan(WINDOW_MS + ACTED_WITHIN_MS);
  expect(expired.payload).toMatchObject({ status: 'EXPIRED', message: 'Your booking has expired.' });
  expect((await user.booking(id)).status).toBe('EXPIRED');
  expectProblem(await user.cancel(id), 409, 'booking_expired');
  expectProblem(await user.retry(id), 404);
  expect(await user.assignment(id)).toMatchObject({ status: 'failed', canRetry: false, canCancel: false });
  await completed(patient, id);
});

test('a retry opens a new window, counted from the end of the new search', async () => {
  const user = await cast.user();
  const { id } = await user.book(freshPlace());
  const failed = await user.event(id, 'booking:no_pilots');
  expect((await user.retry(id)).status).toBe(200);
  await until(Date.parse(failed.at) + WINDOW_MS + 200);
  expect((await user.booking(id)).status).toBe('PENDING');
  const again = await user.event(id, 'booking:no_pilots', 10_000, 2);
  await never('an early end', async () => (await user.booking(id)).status !== 'PENDING', 500);
  const expired = await user.event(id, 'booking:status');
  expect(between(again, expired)).toBeGreaterThanOrEqual(WINDOW_MS);
});
