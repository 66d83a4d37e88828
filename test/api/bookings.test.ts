// REST calls of a user about his bookings: statuses, shapes, paging, keys.
import { randomUUID } from 'node:crypto';
import {
  assignmentShape,
  bookingPageShape,
  bookingShape,
  eventShape,
  retryAnswerShape,
} from '../../contract/shapes.js';
import type { Booking, BookingEvent, Page } from '../../contract/shapes.js';
import { bookingAt, Cast } from '../support/actors.js';
import { badFields, conform, expectProblem } from '../support/conform.js';
import { freshPlace } from '../support/places.js';
import { System } from '../support/system.js';
import { eventually } from '../support/waiting.js';

let system: System;
let cast: Cast;
beforeAll(async () => {
  system = await System.start({ env: { RETRY_WINDOW_MS: '1800000' } });
  cast = new Cast(system);
});
afterAll(async () => {
  cast?.leave();
  await system?.stop();
});

const FULL = {
  package: { description: 'Crème brûlée 🍮', weightKg: 1.5 },
  payment: { method: 'COD', amount: 12.5, currency: 'CAD' },
  note: 'Ring twice',
};

test('POST /bookings answers 201 with the booking, all fields as given', async () => {
  const user = await cast.user({ connected: false });
  const place = freshPlace();
  const reply = await user.request<Booking>('POST', '/bookings', bookingAt(place, FULL));
  expect(reply.status).toBe(201);
  conform(bookingShape, reply.body);
  expect(reply.body).toMatchObject({ ...bookingAt(place, FULL), status: 'PENDING', userId: user.id });
  expect(reply.body).toMatchObject({ pilot: null, assignedAt: null, deliveredAt: null, cancelledAt: null });
  expect(reply.body).not.toHaveProperty('user');
  expect(Math.abs(Date.parse(reply.body.createdAt) - Date.now())).toBeLessThan(5_000);
});

test('a booking without the optional fields has them as null', async () => {
  const user = await cast.user({ connected: false });
  expect(await user.book(freshPlace())).toMatchObject({ package: null, payment: null, note: null });
});

test('COD without amount is 400 and names the field', async () => {
  const user = await cast.user({ connected: false });
  const body = bookingAt(freshPlace(), { payment: { method: 'COD' } });
  expect(badFields(await user.request('POST', '/bookings', body))).toEqual(['payment.amount']);
});

test('an unknown vehicle type is 400 and names the field', async () => {
  const user = await cast.user({ connected: false });
  const body = bookingAt(freshPlace(), { vehicleTypeId: 'zeppelin' });
  expect(badFields(await user.request('POST', '/bookings', body))).toEqual(['vehicleTypeId']);
});

test('GET /bookings/:id, /assignment and /events answer as the contract says', async () => {
  const user = await cast.user({ connected: false });
  const { id } = await user.book(freshPlace());
  await user.event(id, 'booking:no_pilots');
  conform(bookingShape, await user.booking(id));
  const assignment = await user.assignment(id);
  conform(assignmentShape, assignment);
  expect(assignment).toMatchObject({ bookingId: id, status: 'failed', isSearching: false, triedPilots: 0 });
  expect(assignment).toMatchObject({ canRetry: true, canCancel: true });
  const events = await user.events(id);
  for (const event of events) {
    conform(eventShape, event);
    expect(event.payload['bookingId']).toBe(id);
    expect(event.payload['seq']).toBe(event.seq);
    expect(event.payload['at']).toBe(event.at);
  }
  expect(events.map((one) => one.seq)).toEqual(events.map((_, index) => index + 1));
  expect(await user.events(id, 2)).toEqual(events.slice(2));
  expect(await user.events(id, 999)).toEqual([]);
});

test("elapsedMs freezes at the search's end", async () => {
  const user = await cast.user({ connected: false });
  const { id } = await user.book(freshPlace());
  await user.event(id, 'booking:no_pilots');
  const first = await user.assignment(id);
  await eventually('time to pass', () => Date.now() > Date.parse(first.searchEndsAt ?? '') - 5_500);
  expect((await user.assignment(id)).elapsedMs).toBe(first.elapsedMs);
});

test('retry and cancel answer as the contract says, cancelling twice succeeds', async () => {
  const user = await cast.user({ connected: false });
  const { id } = await user.book(freshPlace());
  await user.event(id, 'booking:no_pilots');
  const retried = await user.retry(id);
  expect(retried.status).toBe(200);
  conform(retryAnswerShape, retried.body);
  for (const body of [{}, { reason: 'changed my mind' }]) {
    const cancelled = await user.cancel(id, body);
    expect(cancelled.status).toBe(200);
    conform(bookingShape, cancelled.body);
    expect(cancelled.body.status).toBe('CANCELLED');
    expect(cancelled.body.cancelledAt).not.toBeNull();
  }
  expect((await user.eventNames(id)).filter((one) => one === 'cancelled')).toHaveLength(1);
  expectProblem(await user.retry(id), 404);
  expect(await user.assignment(id)).toMatchObject({ status: 'cancelled', canRetry: false, canCancel: false });
});

test('cancel without any body at all is a cancel', async () => {
  const user = await cast.user({ connected: false });
  const { id } = await user.book(freshPlace());
  expect((await user.request('POST', `/bookings/${id}/cancel`)).status).toBe(200);
});

test('GET /bookings lists his own newest first, page by page, without gaps or repeats', async () => {
  const user = await cast.user({ connected: false });
  const other = await cast.user({ connected: false });
  const made: string[] = [];
  for (let n = 0; n < 5; n += 1) {
    made.unshift((await user.book(freshPlace())).id);
    await other.book(freshPlace());
  }
  const seen: string[] = [];
  let cursor: string | null = null;
  do {
    const query: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const page: Page<Booking> = await user.expect(200, 'GET', `/bookings?limit=2${query}`);
    conform(bookingPageShape, page);
    expect(page.items.length).toBeLessThanOrEqual(2);
    seen.push(...page.items.map((one) => one.id));
    cursor = page.nextCursor;
  } while (cursor !== null);
  expect(seen).toEqual(made);
  const cancelled = made[2] as string;
  await user.cancel(cancelled);
  const filtered = await user.expect<Page<Booking>>(200, 'GET', '/bookings?status=CANCELLED');
  expect(filtered.items.map((one) => one.id)).toEqual([cancelled]);
  expect(filtered.nextCursor).toBeNull();
});

test('before its workflow has begun, a booking is searching and its end is not known', async () => {
  const user = await cast.user({ connected: false });
  system.worker().freeze();
  try {
    const { id } = await user.book(freshPlace());
    expect(await user.assignment(id)).toMatchObject({
      ...{ status: 'searching', isSearching: true, searchEndsAt: null, triedPilots: 0, elapsedMs: 0 },
      ...{ canRetry: false, canCancel: true },
    });
  } finally {
    system.worker().thaw();
  }
});

describe('Idempotency-Key', () => {
  test('F2 · the same key and body twenty times at once make one booking', async () => {
    const user = await cast.user({ connected: false });
    const place = freshPlace();
    const headers = { 'idempotency-key': randomUUID() };
    const replies = await Promise.all(
      Array.from({ length: 20 }, () =>
        user.request<Booking>('POST', '/bookings', bookingAt(place), { headers }),
      ),
    );
    expect(new Set(replies.map((one) => one.status))).toEqual(new Set([201]));
    expect(new Set(replies.map((one) => one.body.id)).size).toBe(1);
    const [{ count } = { count: -1 }] = await system.rows<{ count: number }>(
      'SELECT count(*)::int AS count FROM bookings WHERE user_id = $1',
      [user.id],
    );
    expect(count).toBe(1);
    const id = replies[0]?.body.id ?? '';
    await user.event(id, 'booking:no_pilots');
    const names = await user.eventNames(id);
    expect(names.filter((one) => one === 'search_started')).toHaveLength(1);
  });

  test('the same key with the fields in another order is the same body', async () => {
    const user = await cast.user({ connected: false });
    const headers = { 'idempotency-key': 'order' };
    const body = bookingAt(freshPlace(), FULL);
    const first = await user.request<Booking>('POST', '/bookings', body, { headers });
    const turned = Object.fromEntries(Object.entries(body).reverse());
    const again = await user.request<Booking>('POST', '/bookings', turned, { headers });
    expect([again.status, again.body.id]).toEqual([201, first.body.id]);
  });

  test('the same key with another body is 422, and nothing is made', async () => {
    const user = await cast.user({ connected: false });
    const place = freshPlace();
    const headers = { 'idempotency-key': 'twice' };
    await user.book(place, {}, headers);
    expectProblem(await user.request('POST', '/bookings', bookingAt(place, { note: 'x' }), { headers }), 422);
    expect((await user.expect<Page<Booking>>(200, 'GET', '/bookings')).items).toHaveLength(1);
  });

  test("another user's same key is another booking", async () => {
    const [one, two] = [await cast.user({ connected: false }), await cast.user({ connected: false })];
    const place = freshPlace();
    const headers = { 'idempotency-key': 'shared' };
    expect((await one.book(place, {}, headers)).id).not.toBe((await two.book(place, {}, headers)).id);
  });

  test('a key older than 24 h is free again', async () => {
    const user = await cast.user({ connected: false });
    const place = freshPlace();
    const headers = { 'idempotency-key': 'yesterday' };
    const { id } = await user.book(place, {}, headers);
    await system.rows(
      "UPDATE idempotency_keys SET created_at = created_at - interval '24 hours 1 second' WHERE booking_id = $1",
      [id],
    );
    expect((await user.book(place, { note: 'another' }, headers)).id).not.toBe(id);
  });

  test('a key that failed validation was not used up', async () => {
    const user = await cast.user({ connected: false });
    const headers = { 'idempotency-key': 'failed' };
    const place = freshPlace();
    const bad = bookingAt(place, { vehicleTypeId: 'zeppelin' });
    expectProblem(await user.request('POST', '/bookings', bad, { headers }), 400);
    expect((await user.book(place, {}, headers)).status).toBe('PENDING');
  });

  test('an empty or endless key is 400', async () => {
    const user = await cast.user({ connected: false });
    for (const key of [' ', 'k'.repeat(201)])
      badFields(
        await user.request('POST', '/bookings', bookingAt(freshPlace()), {
          headers: { 'idempotency-key': key },
        }),
      );
  });
});

test('a user sees only what was his: events of every booking are asked for by its owner', async () => {
  const [user, stranger] = [await cast.user({ connected: false }), await cast.user({ connected: false })];
  const { id } = await user.book(freshPlace());
  const reply = await stranger.request<BookingEvent[]>('GET', `/bookings/${id}/events`);
  expectProblem(reply, 404);
});
