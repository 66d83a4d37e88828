// Operators steer: pause and resume a vehicle type, set a pilot offline; who in the history, why in the audit alone.
import { randomUUID } from 'node:crypto';
import {
  auditPageShape,
  explanationShape,
  operatedVehicleTypeShape,
  type AuditEntry,
  type Explanation,
  type OperatedVehicleType,
} from '../../contract/operator-shapes.js';
import type { Page } from '../../contract/shapes.js';
import { workflowIdOf } from '../../contract/workflow.js';
import { agreed } from '../support/accounts.js';
import { Cast, type Operator } from '../support/actors.js';
import { conform, expectProblem } from '../support/conform.js';
import { historyTexts } from '../support/histories.js';
import { freshPlace, northOf } from '../support/places.js';
import { System } from '../support/system.js';
import { eventually, never } from '../support/waiting.js';

/** Rule 3, as for patience: a waiting search hears of it within this. */
const HEARS_WITHIN_MS = 1_000;

let system: System;
let cast: Cast;
let operator: Operator;
beforeAll(async () => {
  system = await System.start({ env: { OFFER_TIMEOUT_MS: '20000', SEARCH_TIMEOUT_MS: '30000' } });
  cast = new Cast(system);
  operator = await cast.operator();
});
afterAll(async () => {
  cast?.leave();
  await system?.stop();
});

async function freshType(): Promise<string> {
  const id = `type-${randomUUID().slice(0, 8)}`;
  await operator.expect(201, 'POST', '/admin/vehicle-types', { id, name: 'Type' });
  return id;
}

async function setPaused(id: string, paused: boolean, reason = 'storm'): Promise<OperatedVehicleType> {
  const path = `/admin/vehicle-types/${id}/${paused ? 'pause' : 'resume'}`;
  const type = await operator.expect<OperatedVehicleType>(200, 'POST', path, { reason });
  conform(operatedVehicleTypeShape, type);
  return type;
}

const auditOf = async (query: string): Promise<AuditEntry[]> => {
  const page = await operator.expect<Page<AuditEntry>>(200, 'GET', `/admin/audit?${query}`);
  conform(auditPageShape, page);
  return page.items;
};

const explained = async (id: string): Promise<Explanation> => {
  const story = await operator.expect<Explanation>(200, 'GET', `/admin/bookings/${id}/explain`);
  conform(explanationShape, story);
  return story;
};

test('paused, a vehicle type makes no new offers and takes bookings; resumed, its searches go on within a second', async () => {
  const [vehicleTypeId, place] = [await freshType(), freshPlace()];
  const live = await cast.user();
  const asked = await cast.pilot({ at: place, vehicleTypeId });
  const before = await live.book(place, { vehicleTypeId });
  const offer = await asked.offered(before.id);
  expect(await setPaused(vehicleTypeId, true)).toMatchObject({ paused: true, pausedBy: operator.id });
  expect(await setPaused(vehicleTypeId, true)).toMatchObject({ paused: true });
  const free = await cast.pilot({ at: place, vehicleTypeId });
  const user = await cast.user();
  const { id } = await user.book(place, { vehicleTypeId });
  await user.event(id, 'booking:search_started');
  await never('an offer', async () => (await free.offers()).length > 0, 1_500);
  expect(await user.assignment(id)).toMatchObject({ status: 'searching', isSearching: true, triedPilots: 0 });
  // What was live when it was paused runs on.
  expect((await asked.accept(offer.offerId)).status).toBe(200);
  await setPaused(vehicleTypeId, false, 'calm again');
  const resumedAt = Date.now();
  expect((await free.offered(id)).bookingId).toBe(id);
  expect(Date.now() - resumedAt).toBeLessThan(HEARS_WITHIN_MS);
  const acts = (await auditOf(`actor=${operator.id}`)).filter(
    (one) => one.details['vehicleTypeId'] === vehicleTypeId,
  );
  expect(acts.map((one) => [one.action, one.actorType, one.reason])).toEqual([
    ['resume', 'admin', 'calm again'],
    ['pause', 'admin', 'storm'],
    ['add_vehicle_type', 'admin', null],
  ]);
  const looks = (await explained(id)).story.filter((one) => one.kind === 'not_asked');
  expect(looks).toMatchObject([{ detail: 'held', candidates: 1 }]);
  // Every search that ran was told, by whom, and not why.
  await agreed(system, id, 'offered');
  const texts = await historyTexts(system, id);
  expect(texts).toContain(operator.id);
  expect(texts).not.toMatch(/storm|calm/);
});

test('a search that is held ends with its time; with nobody near it fails as ever once it is resumed', async () => {
  const vehicleTypeId = await freshType();
  await setPaused(vehicleTypeId, true);
  const [user, other] = [await cast.user(), await cast.user()];
  const { id: held } = await user.book(freshPlace(), { vehicleTypeId });
  await user.event(held, 'booking:search_started');
  const over = `ends_at = clock_timestamp(), waiting_until = NULL`;
  await eventually('the search to be held', async () => {
    const held_at = await system.rows(
      'SELECT 1 FROM searches WHERE booking_id = $1 AND held_at IS NOT NULL',
      [held],
    );
    return held_at.length > 0;
  });
  await system.rows(`UPDATE searches SET ${over} WHERE booking_id = $1`, [held]);
  await system.temporal.client.workflow.getHandle(workflowIdOf(held)).signal('nudge', {});
  await user.event(held, 'booking:search_timeout');
  const { id } = await other.book(freshPlace(), { vehicleTypeId });
  await other.event(id, 'booking:search_started');
  await setPaused(vehicleTypeId, false);
  const failed = await other.event(id, 'booking:no_pilots');
  expect(failed.payload['message']).toBe('No pilots available in your area');
});

test('a pilot is set offline: his live offer goes on to the next, he is told, the audit says who and why', async () => {
  const place = freshPlace();
  const user = await cast.user();
  const [near, next] = [await cast.pilot({ at: place }), await cast.pilot({ at: northOf(place, 1) })];
  const { id } = await user.book(place);
  const offer = await near.offered(id);
  const path = `/admin/pilots/${near.id}/offline`;
  const answer = await operator.expect(200, 'POST', path, { reason: 'does not answer' });
  expect(answer).toMatchObject({ id: near.id, online: false });
  const told = await near.hears('offer:expired', (one) => one['offerId'] === offer.offerId);
  expect(told.payload['reason']).toBe('offline');
  const second = await next.offered(id);
  expect(await auditOf(`bookingId=${id}`)).toMatchObject([
    { action: 'offline', actor: operator.id, reason: 'does not answer', details: { pilotId: near.id } },
  ]);
  expect((await next.accept(second.offerId)).status).toBe(200);
  expectProblem(await operator.request('POST', `/admin/pilots/${next.id}/offline`, {}), 409, 'pilot_on_job');
  expectProblem(await operator.request('POST', `/admin/pilots/${randomUUID()}/offline`, {}), 404);
  await agreed(system, id, 'assigned');
  const texts = await historyTexts(system, id);
  expect(texts).toContain(operator.id);
  expect(texts).not.toContain('does not answer');
});

test('the story of a booking: every step, pilot, distance, answer, act and why, and how long it took', async () => {
  const place = freshPlace();
  const user = await cast.user();
  const [first, second] = [
    await cast.pilot({ at: northOf(place, 1), name: 'First' }),
    await cast.pilot({ at: northOf(place, 2), name: 'Second' }),
  ];
  const { id, bookingNumber } = await user.book(place);
  const one = await first.offered(id);
  await first.request('POST', `/offers/${one.offerId}/decline`, { reason: 'too heavy' });
  const two = await second.offered(id);
  await second.accept(two.offerId);
  await second.release(id);
  // A search after a release counts from zero: who declined is asked again.
  const [again] = await eventually('the offer of the second search', async () => {
    const offers = await first.offers();
    return offers.length > 0 && offers;
  });
  await first.decline(again?.offerId ?? '');
  await user.event(id, 'booking:no_pilots');
  await operator.expect(200, 'POST', `/bookings/${id}/retry-assignment`, { reason: 'once more' });
  await operator.expect(200, 'POST', `/bookings/${id}/cancel`, { reason: 'asked by phone' });
  const told = await explained(id);
  expect(told).toMatchObject({ bookingId: id, bookingNumber, status: 'CANCELLED', paused: false });
  const brief = told.story.map(({ kind, searchNo, pilot, answer, detail, reason }) =>
    [kind, searchNo, pilot?.name, answer, detail, reason].filter((part) => part != null).join(' '),
  );
  expect(brief.slice(0, 6)).toEqual([
    'booked',
    'search_started 1 booking',
    'asked 1 First DECLINED',
    'act decline too heavy',
    'asked 1 Second ACCEPTED',
    'search_ended 1 assigned',
  ]);
  expect(brief).toEqual(
    expect.arrayContaining([
      'job_given_back',
      'act release flat tyre',
      'act retry once more',
      'act cancel asked by phone',
      'status CANCELLED',
    ]),
  );
  const asked = told.story.filter((step) => step.kind === 'asked');
  expect(asked.slice(0, 3).map((step) => [step.pilotNumber, step.distanceKm, step.candidates])).toEqual([
    [1, 1, 2],
    [2, 2, 1],
    [1, 1, 1],
  ]);
  for (const step of asked.slice(0, 2)) expect(step.tookMs).toBeGreaterThan(0);
  expect(asked[1]?.near).toMatchObject([
    { pilot: { id: first.id, name: 'First' }, distanceKm: 1, reason: 'declined' },
    { pilot: { id: second.id, name: 'Second' }, distanceKm: 2, reason: 'asked' },
  ]);
  const at = told.story.map((step) => step.at);
  expect(at).toEqual([...at].sort());
  expect(await historyTexts(system, id)).not.toMatch(/too heavy|once more|asked by phone|flat tyre/);
});

test('the audit comes in pages, by booking and by actor', async () => {
  const user = await cast.user();
  const { id } = await user.book(freshPlace());
  await user.cancel(id, { reason: 'changed my mind' });
  expect(await auditOf(`bookingId=${id}`)).toMatchObject([
    { action: 'cancel', actor: user.id, actorType: 'user', through: 'call', reason: 'changed my mind' },
  ]);
  const all = await auditOf(`actor=${operator.id}&limit=100`);
  const seen: string[] = [];
  for (let cursor = ''; ;) {
    const page = await operator.expect<Page<AuditEntry>>(
      200,
      'GET',
      `/admin/audit?actor=${operator.id}&limit=2${cursor}`,
    );
    seen.push(...page.items.map((entry) => entry.id));
    if (page.nextCursor === null) break;
    cursor = `&cursor=${page.nextCursor}`;
  }
  expect(seen).toEqual(all.map((entry) => entry.id));
  expectProblem(await operator.request('GET', '/admin/audit?bookingId=x'), 400);
});
