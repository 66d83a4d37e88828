/** Calls as an app makes them while something is away: repeated until they are answered, with the same key. */
import { randomUUID } from 'node:crypto';
import type { LatLng } from '../../contract/geo.js';
import type { Booking } from '../../contract/shapes.js';
import { bookingAt, type User } from './actors.js';
import type { Reply } from './rest.js';
import { eventually } from './waiting.js';

/** Repeats a call until it is answered; an answer that is not the wanted one may only be a 503. */
export async function insist<T>(status: number, ask: () => Promise<Reply<T>>, withinMs = 15_000): Promise<T> {
  const reply = await eventually(
    'an answer',
    async () => {
      const answer = await ask();
      return answer.status !== 503 || answer.headers['retry-after'] === undefined ? answer : false;
    },
    withinMs,
  );
  if (reply.status !== status) throw new Error(`${reply.status} instead of ${status}: ${reply.text}`);
  return reply.body;
}

/** Books with a key until it is answered 201; what has no answer, or a 503, is asked again with the same key. */
export async function bookSurely(user: User, place: LatLng): Promise<Booking> {
  const headers = { 'idempotency-key': randomUUID() };
  return insist<Booking>(201, () => user.request('POST', '/bookings', bookingAt(place), { headers }), 30_000);
}
