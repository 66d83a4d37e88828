import { leftMs, ms, row, rows, type Manager } from '../query.js';
import type { BookingRow, OfferRow, SearchRow } from '../rows.js';
import type { SearchOrigin, SearchOutcome } from '../../contract/words.js';

/** Makes the booking's next search known; its time starts when its workflow starts it. */
export async function insertSearch(
  manager: Manager,
  bookingId: string,
  searchNo: number,
  origin: SearchOrigin,
): Promise<void> {
  await rows(
    manager,
    `INSERT INTO searches (booking_id, search_no, origin, created_at) VALUES ($1, $2, $3, clock_timestamp())`,
    [bookingId, searchNo, origin],
  );
}

/** Starts the search's time, once; null when it had started before. */
export function startSearch(
  manager: Manager,
  bookingId: string,
  searchNo: number,
  searchTimeoutMs: number,
): Promise<SearchRow | null> {
  return row<SearchRow>(
    manager,
    `UPDATE searches SET started_at = t.now, ends_at = t.now + ${ms(3)}
     FROM (SELECT clock_timestamp() AS now) t
     WHERE booking_id = $1 AND search_no = $2 AND started_at IS NULL AND outcome IS NULL
     RETURNING searches.*`,
    [bookingId, searchNo, searchTimeoutMs],
  );
}

/** Ends a running search; null when it had ended before. An unstarted one starts and ends at once. */
export function endSearch(
  manager: Manager,
  bookingId: string,
  searchNo: number,
  outcome: SearchOutcome,
): Promise<SearchRow | null> {
  return row<SearchRow>(
    manager,
    `UPDATE searches SET outcome = $3, ended_at = t.now, waiting_until = NULL,
       started_at = coalesce(started_at, t.now), ends_at = coalesce(ends_at, t.now)
     FROM (SELECT clock_timestamp() AS now) t
     WHERE booking_id = $1 AND search_no = $2 AND outcome IS NULL RETURNING searches.*`,
    [bookingId, searchNo, outcome],
  );
}

/**
 * Notes that nobody is left to ask: wait until `patienceMs` from now or the search's end. Answers the
 * milliseconds that are left to wait; a wait that was noted before goes on.
 */
export async function waitForPilots(
  manager: Manager,
  bookingId: string,
  searchNo: number,
  patienceMs: number,
): Promise<number> {
  const waiting = await row<{ left_ms: number }>(
    manager,
    `UPDATE searches SET waiting_until = coalesce(waiting_until, least(clock_timestamp() + ${ms(3)}, ends_at))
     WHERE booking_id = $1 AND search_no = $2 RETURNING ${leftMs('waiting_until')} AS left_ms`,
    [bookingId, searchNo, patienceMs],
  );
  return waiting?.left_ms ?? 0;
}

/** A pilot was found, or dispatch goes on: the wait is over. */
export async function stopWaiting(manager: Manager, bookingId: string, searchNo: number): Promise<void> {
  await rows(
    manager,
    'UPDATE searches SET waiting_until = NULL, held_at = NULL WHERE booking_id = $1 AND search_no = $2',
    [bookingId, searchNo],
  );
}

/** Its vehicle type is paused: it waits until that ends, or the search. */
export async function holdSearch(manager: Manager, bookingId: string, searchNo: number): Promise<void> {
  await rows(
    manager,
    `UPDATE searches SET held_at = coalesce(held_at, clock_timestamp()), waiting_until = ends_at
     WHERE booking_id = $1 AND search_no = $2`,
    [bookingId, searchNo],
  );
}

/** Everything that tells where a booking stands, by Postgres' clock. */
export interface StandingRow extends Pick<BookingRow, 'status' | 'pilot_id' | 'search_no' | 'limits'> {
  outcome: SearchOutcome | null;
  started_at: Date | null;
  ends_at: Date | null;
  waiting_until: Date | null;
  held_at: Date | null;
  /** Its vehicle type is paused. */
  paused: boolean;
  search_left_ms: number | null;
  retry_left_ms: number | null;
  offer_id: string | null;
  offer_pilot_id: string | null;
  offer_number: number | null;
  offer_expires_at: Date | null;
  offer_left_ms: number | null;
  tried_pilot_ids: string[];
}

/** SQL that reads where booking $1 stands, with `more` columns of the booking `b`. */
export function standingSql(more = ''): string {
  return `SELECT b.status, b.pilot_id, b.search_no, b.limits, s.outcome, s.started_at, s.ends_at, s.waiting_until,
       s.held_at, v.paused_at IS NOT NULL AS paused, ${leftMs('s.ends_at', 't.now')} AS search_left_ms,
       ${leftMs("s.ended_at + ((b.limits->>'retryWindowMs')::double precision * interval '1 millisecond')", 't.now')}
         AS retry_left_ms,
       o.id AS offer_id, o.pilot_id AS offer_pilot_id, o.number AS offer_number,
       o.expires_at AS offer_expires_at, ${leftMs('o.expires_at', 't.now')} AS offer_left_ms,
       ARRAY(SELECT tried.pilot_id::text FROM offers tried
             WHERE tried.booking_id = b.id AND tried.search_no = b.search_no AND tried.number > 0
             ORDER BY tried.number) AS tried_pilot_ids${more}
     FROM bookings b
       JOIN searches s ON s.booking_id = b.id AND s.search_no = b.search_no
       JOIN vehicle_types v ON v.id = b.vehicle_type_id
       LEFT JOIN offers o ON o.booking_id = b.id AND o.status = 'OFFERED'
       CROSS JOIN (SELECT clock_timestamp() AS now) t
     WHERE b.id = $1`;
}

/** Reads where a booking stands, in one statement; null when there is no such booking. */
export function selectStanding(manager: Manager, bookingId: string): Promise<StandingRow | null> {
  return row<StandingRow>(manager, standingSql(), [bookingId]);
}

/** The search as `GET /bookings/:id/assignment` shows it. */
export interface SearchProgressRow {
  booking_id: string;
  status: BookingRow['status'];
  outcome: SearchOutcome | null;
  started_at: Date | null;
  ends_at: Date | null;
  elapsed_ms: number;
  tried: number;
  live_offer: OfferRow['id'] | null;
}

/** The columns of SearchProgressRow, of a booking `b` and its current or last search `s`. */
export const PROGRESS = `b.id AS booking_id, b.status, s.outcome, s.started_at, s.ends_at,
  coalesce(greatest(0, round(extract(epoch FROM coalesce(s.ended_at, clock_timestamp()) - s.started_at) * 1000)),
    0)::double precision AS elapsed_ms,
  (SELECT count(*)::int FROM offers o
   WHERE o.booking_id = b.id AND o.search_no = b.search_no AND o.number > 0) AS tried,
  (SELECT o.id FROM offers o WHERE o.booking_id = b.id AND o.status = 'OFFERED') AS live_offer`;

/**
 * Searches that have not begun: taken, and no workflow has acted on them yet. Counted up to `most`, and what half of
 * them have waited at least.
 */
export async function lookAtNotBegun(
  manager: Manager,
  most: number,
): Promise<{ waiting: number; medianWaitMs: number }> {
  const found = await row<{ waiting: number; median_ms: number | null }>(
    manager,
    `SELECT count(*)::int AS waiting, (percentile_cont(0.5) WITHIN GROUP (ORDER BY
       extract(epoch FROM clock_timestamp() - created_at) * 1000))::double precision AS median_ms
     FROM (SELECT created_at FROM searches WHERE started_at IS NULL AND outcome IS NULL LIMIT $1) not_begun`,
    [most],
  );
  return { waiting: found?.waiting ?? 0, medianWaitMs: found?.median_ms ?? 0 };
}

/** How the current or last search of a booking stands; null when there is no such booking. */
export function selectProgress(manager: Manager, bookingId: string): Promise<SearchProgressRow | null> {
  return row<SearchProgressRow>(
    manager,
    `SELECT ${PROGRESS} FROM bookings b JOIN searches s ON s.booking_id = b.id AND s.search_no = b.search_no
     WHERE b.id = $1`,
    [bookingId],
  );
}
