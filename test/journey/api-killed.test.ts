// The API dies between a booking's commit and what should follow it: nothing is lost (F1, F2).
import { randomUUID } from 'node:crypto';
import type { Booking } from '../../contract/shapes.js';
import { bookingAt, Cast } from '../support/actors.js';
import { workflowState } from '../support/accounts.js';
import { freshPlace } from '../support/places.js';
import { Proxy } from '../support/proxy.js';
import { call, type Reply } from '../support/rest.js';
import { oneSearchBegins } from '../support/states.js';
import { System } from '../support/system.js';
import { eventually, pause } from '../support/waiting.js';

/** F1: the search starts within this of an API being back, without the user. */
const STARTED_WITHIN_MS = 2_000;

let system: System;
let cast: Cast;
let proxy: Proxy;
beforeAll(async () => {
  system = await System.prepare({ env: { SEARCH_TIMEOUT_MS: '30000' } });
  proxy = await Proxy.before(system.temporal.address);
  await Promise.all([system.startWorker(), startApi()]);
  cast = new Cast(system);
});
afterAll(async () => {
  cast?.leave();
  await proxy?.stop();
  await system?.stop();
});

/** APIs reach Temporal through the proxy only; the worker reaches it directly. */
const startApi = () => system.startApi({ TEMPORAL_ADDRESS: proxy.address });
const newest = () => system.apis.length - 1;

test('F1 · killed after the commit, before the start: the search begins within 2 s of its being back', async () => {
  const users = await Promise.all(Array.from({ length: 10 }, () => cast.user({ connected: false })));
  await oneSearchBegins(cast);
  proxy.refuse();
  const ids = await Promise.all(users.map(async (user) => (await user.book(freshPlace())).id));
  await system.api(newest()).kill9();
  for (const id of ids) expect(await workflowState(system, id)).toBeNull();
  proxy.mend();
  await startApi();
  const backAt = Date.now();
  for (const [n, user] of users.entries()) {
    user.door = newest();
    const begun = await user.event(ids[n] ?? '', 'booking:search_started');
    expect(Date.parse(begun.at) - backAt).toBeLessThan(STARTED_WITHIN_MS);
    expect((await user.eventNames(ids[n] ?? '')).filter((one) => one === 'search_started')).toHaveLength(1);
  }
});

test('F2 · killed at any moment of the call: the same key gets one booking', async () => {
  for (const afterMs of [0, 5, 10, 20, 40]) {
    const dying = await startApi();
    const user = await cast.user({ connected: false });
    const key = { 'idempotency-key': randomUUID() };
    const options = { token: user.token, body: bookingAt(freshPlace()), headers: key };
    const first: Promise<Reply<Booking> | null> = call<Booking>(
      dying.url,
      'POST',
      '/bookings',
      options,
    ).catch(() => null);
    await pause(afterMs);
    await dying.kill9();
    const answered = await first;
    const again = await startApi();
    const repeated = await call<Booking>(again.url, 'POST', '/bookings', options);
    expect(repeated.status).toBe(201);
    if (answered !== null) expect(answered.body.id).toBe(repeated.body.id);
    user.door = newest();
    // After an API was away for long a search that finds nobody looks again for some seconds (decision 7).
    await user.event(repeated.body.id, 'booking:no_pilots', 20_000);
    const list = await user.expect<{ items: Booking[] }>(200, 'GET', '/bookings');
    expect(list.items.map((one) => one.id)).toEqual([repeated.body.id]);
    await again.kill9();
  }
  // Ten processes are started one after the other: on a busy machine that alone takes a minute.
}, 150_000);

test('killed right after an accept: the answer stands and the workflow learns of it', async () => {
  const dying = await startApi();
  const survivor = await startApi();
  const place = freshPlace();
  const user = await cast.user({ connected: false });
  (await cast.operator()).door = system.apis.indexOf(survivor);
  const pilot = await cast.pilot({ ready: false });
  for (const actor of [user, pilot]) actor.door = system.apis.indexOf(dying);
  await pilot.connect();
  await pilot.moveTo(place);
  await pilot.setOnline(true);
  const { id } = await user.book(place);
  const { offerId } = await pilot.offered(id);
  proxy.freeze();
  expect((await pilot.accept(offerId)).status).toBe(200);
  await dying.kill9();
  proxy.mend();
  for (const actor of [user, pilot]) actor.door = system.apis.indexOf(survivor);
  expect((await user.booking(id)).status).toBe('ASSIGNED');
  await eventually('the workflow to know', async () => {
    const handle = system.temporal.client.workflow.getHandle(`booking-${id}`);
    return (await handle.query<{ status: string }>('assignmentStatus')).status === 'assigned';
  });
  expect((await pilot.accept(offerId)).status).toBe(200);
});

test('killed while another lives: pilots are heard all the time, so a search with nobody near fails at once', async () => {
  const survivor = await startApi();
  await survivor.waitReady();
  const user = await cast.user({ connected: false });
  user.door = system.apis.indexOf(survivor);
  const lonely = async () => (await user.book(freshPlace())).id;
  // Until nobody is waited for any more because of the deaths above.
  await user.event(await lonely(), 'booking:no_pilots', 20_000);
  await Promise.all(system.apis.filter((api) => api !== survivor).map((api) => api.kill9()));
  // By then the dead are missed, if they are.
  await pause(2_500);
  await user.event(await lonely(), 'booking:no_pilots', 2_000);
});
