import { ms, row, rows, type Manager } from '../query.js';
import type { BookingRow, SearchRow } from '../rows.js';
import type { BookingStatus } from '../../contract/words.js';
import type { SearchLimits } from '../../contract/limits.js';
import type { CreateBooking } from '../../contract/schemas.js';

/**
 * Locks the booking's row until the transaction ends: the first lock of every transaction that
 * changes a booking (order: booking, offer, pilot). Null when there is none.
 */
export function lockBooking(manager: Manager, bookingId: string): Promise<BookingRow | null> {
  return row<BookingRow>(manager, 'SELECT * FROM bookings WHERE id = $1 FOR NO KEY UPDATE', [bookingId]);
}

/** Locks the booking of an offer, if the offer is this pilot's; null when it is not, or there is none. */
export function lockBookingOfOffer(
  manager: Manager,
  offerId: string,
  pilotId: string,
): Promise<BookingRow | null> {
  return row<BookingRow>(
    manager,
    `SELECT * FROM bookings WHERE id = (SELECT booking_id FROM offers WHERE id = $1 AND pilot_id = $2)
     FOR NO KEY UPDATE`,
    [offerId, pilotId],
  );
}

/** Reads without a lock. */
export function findBooking(manager: Manager, bookingId: string): Promise<BookingRow | null> {
  return row<BookingRow>(manager, 'SELECT * FROM bookings WHERE id = $1', [bookingId]);
}

/** The number of a booking that is about to be made. Never the same twice; one that is not used is left out. */
export async function nextBookingNumber(manager: Manager): Promise<string> {
  const next = await row<{ number: string }>(manager, `SELECT nextval('booking_number') AS number`);
  return (next as { number: string }).number;
}

export interface NewBooking {
  id: string;
  /** Of `nextBookingNumber`; null has the statement take the next one. */
  number: string | null;
  user: { id: string; name: string; phone: string | null };
  body: CreateBooking;
  limits: SearchLimits;
}

/** Inserts a booking and makes its first search known. Fails on an unknown vehicle type (23503). */
export async function insertBooking(manager: Manager, booking: NewBooking): Promise<BookingRow> {
  const { body, user } = booking;
  const inserted = await rows<BookingRow>(
    manager,
    `WITH made AS (
       INSERT INTO bookings (id, number, user_id, user_name, user_phone, pickup_lat, pickup_lng, pickup_address,
         dropoff_lat, dropoff_lng, dropoff_address, vehicle_type_id, package, payment, note, limits)
       VALUES ($1, coalesce($2::bigint, nextval('booking_number')), $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) RETURNING *
     ), first_search AS (
       INSERT INTO searches (booking_id, search_no, origin, created_at)
       SELECT id, search_no, 'booking', clock_timestamp() FROM made
     )
     SELECT * FROM made`,
    [
      booking.id,
      booking.number,
      user.id,
      user.name,
      user.phone,
      body.pickup.lat,
      body.pickup.lng,
      body.pickup.address,
      body.dropoff.lat,
      body.dropoff.lng,
      body.dropoff.address,
      body.vehicleTypeId,
      body.package ?? null,
      body.payment ?? null,
      body.note ?? null,
      booking.limits,
    ],
  );
  return inserted[0] as BookingRow;
}

/**
 * The pilot of the offer has the job, if the offer is accepted: PENDING becomes ASSIGNED, and its search ends with
 * one. Answers when the search began and ended; null when it had ended before.
 */
export function assignBooking(
  manager: Manager,
  booking: Pick<BookingRow, 'id' | 'search_no'>,
  offerId: string,
): Promise<Pick<SearchRow, 'started_at' | 'ended_at'> | null> {
  return row(
    manager,
    `WITH job AS (
       SELECT pilot_id FROM offers WHERE id = $3 AND booking_id = $1 AND status = 'ACCEPTED' AND ended_at IS NULL
     ), ended AS (
       UPDATE searches SET outcome = 'assigned', ended_at = t.now, waiting_until = NULL,
         started_at = coalesce(started_at, t.now), ends_at = coalesce(ends_at, t.now)
       FROM job, (SELECT clock_timestamp() AS now) t
       WHERE booking_id = $1 AND search_no = $2 AND outcome IS NULL RETURNING searches.started_at, searches.ended_at
     ), assigned AS (
       UPDATE bookings SET status = 'ASSIGNED', pilot_id = job.pilot_id, assigned_at = clock_timestamp(),
         unreachable_at = NULL
       FROM job WHERE id = $1 AND status = 'PENDING'
     )
     SELECT started_at, ended_at FROM ended`,
    [booking.id, booking.search_no, offerId],
  );
}

/** The job is given back: PENDING again, without a pilot, its next search numbered. */
export function unassignBooking(manager: Manager, bookingId: string): Promise<BookingRow | null> {
  return row<BookingRow>(
    manager,
    `UPDATE bookings SET status = 'PENDING', pilot_id = NULL, assigned_at = NULL, unreachable_at = NULL,
       search_no = search_no + 1
     WHERE id = $1 AND status IN ('ASSIGNED', 'ARRIVED') RETURNING *`,
    [bookingId],
  );
}

/** Numbers the booking's next search. */
export function advanceSearchNo(manager: Manager, bookingId: string): Promise<BookingRow | null> {
  return row<BookingRow>(
    manager,
    `UPDATE bookings SET search_no = search_no + 1 WHERE id = $1 AND status = 'PENDING' RETURNING *`,
    [bookingId],
  );
}

/** Sets a status, and the time that goes with it. The caller holds the row's lock and checked the step. */
export async function setBookingStatus(
  manager: Manager,
  bookingId: string,
  status: BookingStatus,
): Promise<BookingRow> {
  const changed = await row<BookingRow>(
    manager,
    `UPDATE bookings SET status = $2,
       delivered_at = CASE WHEN $2 = 'DELIVERED' THEN clock_timestamp() ELSE delivered_at END,
       cancelled_at = CASE WHEN $2 = 'CANCELLED' THEN clock_timestamp() ELSE cancelled_at END
     WHERE id = $1 RETURNING *`,
    [bookingId, status],
  );
  return changed as BookingRow;
}

/**
 * How long ago the user was told of the booking's driver, milliseconds by Postgres' clock: the last thing that an
 * accept writes before its commit. Null when that never was.
 */
export async function assignedAgoMs(manager: Manager, bookingId: string): Promise<number | null> {
  const found = await row<{ ago_ms: number }>(
    manager,
    `SELECT (extract(epoch FROM clock_timestamp() - at) * 1000)::double precision AS ago_ms FROM booking_events
     WHERE booking_id = $1 AND event = 'booking:driver_assigned' ORDER BY seq DESC LIMIT 1`,
    [bookingId],
  );
  return found?.ago_ms ?? null;
}

/** The booking made with this key by this user within `validMs`, and the hash of its body. */
export interface KeyRow {
  body_hash: string;
  booking_id: string;
}

/**
 * Claims an idempotency key for a booking. Null when it was free or outdated and is now taken for
 * `bookingId`; else what it was used for. Waits for a transaction that is just taking the same key.
 */
export async function claimIdempotencyKey(
  manager: Manager,
  key: { userId: string; key: string; bodyHash: string; bookingId: string; validMs: number },
): Promise<KeyRow | null> {
  const taken = await rows<KeyRow>(
    manager,
    `INSERT INTO idempotency_keys AS k (user_id, key, body_hash, booking_id, created_at)
     VALUES ($1, $2, $3, $4, clock_timestamp())
     ON CONFLICT (user_id, key) DO UPDATE
       SET body_hash = excluded.body_hash, booking_id = excluded.booking_id, created_at = excluded.created_at
       WHERE k.created_at < clock_timestamp() - ($5::double precision * interval '1 millisecond')
     RETURNING body_hash, booking_id`,
    [key.userId, key.key, key.bodyHash, key.bookingId, key.validMs],
  );
  if (taken.length > 0) return null;
  return row<KeyRow>(
    manager,
    'SELECT body_hash, booking_id FROM idempotency_keys WHERE user_id = $1 AND key = $2',
    [key.userId, key.key],
  );
}

/** What a key that is still valid was used for; null when it is free. */
export function findIdempotencyKey(
  manager: Manager,
  key: { userId: string; key: string; validMs: number },
): Promise<KeyRow | null> {
  return row<KeyRow>(
    manager,
    `SELECT body_hash, booking_id FROM idempotency_keys
     WHERE user_id = $1 AND key = $2 AND created_at >= clock_timestamp() - ${ms(3)}`,
    [key.userId, key.key, key.validMs],
  );
}
