import { NO_BOOKING, rows, type Manager } from '../query.js';

export interface EventRow {
  seq: number;
  event: string;
  payload: Record<string, unknown>;
  at: Date;
}

/**
 * Appends events of one booking, numbered on from its last without gaps: the numbers come from the
 * booking's row, whose lock the caller holds.
 */
export function appendEvents(
  manager: Manager,
  bookingId: string,
  events: { event: string; payload: Record<string, unknown> }[],
): Promise<EventRow[]> {
  return rows<EventRow>(
    manager,
    `WITH counted AS (
       UPDATE bookings SET event_seq = event_seq + $2::int WHERE id = $1 RETURNING event_seq - $2::int AS base
     )
     INSERT INTO booking_events (booking_id, seq, event, payload, at)
     SELECT $1, counted.base + e.n, e.event, e.payload, t.now
     FROM counted, (SELECT clock_timestamp() AS now) t,
       unnest($3::text[], $4::jsonb[]) WITH ORDINALITY AS e (event, payload, n)
     RETURNING seq, event, payload, at`,
    [
      bookingId,
      events.length,
      events.map((one) => one.event),
      events.map((one) => JSON.stringify(one.payload)),
    ],
  );
}

/** Events of a booking that are read at once, at most. */
export const MOST_EVENTS_AT_ONCE = 1_000;

/** Events of a booking after `afterSeq`, in order, at most MOST_EVENTS_AT_ONCE. */
export function eventsAfter(manager: Manager, bookingId: string, afterSeq: number): Promise<EventRow[]> {
  return rows<EventRow>(
    manager,
    `SELECT seq, event, payload, at FROM booking_events WHERE booking_id = $1 AND seq > $2
     ORDER BY seq LIMIT ${MOST_EVENTS_AT_ONCE}`,
    [bookingId, afterSeq],
  );
}

/** An event, and whose booking's it is. */
export type EventOfUser = EventRow & { booking_id: string; user_id: string };

/**
 * Events since `sinceMs` milliseconds ago of the bookings of the given users, booking by booking and in order: what a
 * listener missed. Read `atOnce` at a time, however many they are.
 */
export async function* recentEventsOfUsers(
  manager: Manager,
  userIds: string[],
  sinceMs: number,
  atOnce = 5_000,
): AsyncGenerator<EventOfUser> {
  let after = { booking_id: NO_BOOKING, seq: 0 };
  for (;;) {
    const page = await rows<EventOfUser>(
      manager,
      `SELECT e.booking_id, b.user_id, e.seq, e.event, e.payload, e.at
       FROM bookings b JOIN booking_events e ON e.booking_id = b.id
       WHERE b.user_id = ANY ($1::uuid[])
         AND e.at > clock_timestamp() - ($2::double precision * interval '1 millisecond')
         AND (e.booking_id, e.seq) > ($3::uuid, $4::int)
       ORDER BY e.booking_id, e.seq LIMIT $5`,
      [userIds, sinceMs, after.booking_id, after.seq, atOnce],
    );
    yield* page;
    const last = page.at(-1);
    if (last === undefined || page.length < atOnce) return;
    after = last;
  }
}
