import { chordKm } from '../../contract/geo.js';
import { REACHABLE_MS, SHORTEST_OFFER_MS, type SearchLimits } from '../../contract/limits.js';
import { ms, NO_BOOKING, row, rows, type Manager } from '../query.js';
import type { BookingRow, OfferRow } from '../rows.js';
import { standingSql, type StandingRow } from './searches.js';

/** Parameters 1 to 7 of the statements below. */
function pilotParameters(booking: BookingRow, limits: SearchLimits): unknown[] {
  return [
    booking.id,
    booking.search_no,
    booking.vehicle_type_id,
    booking.pickup_lat,
    booking.pickup_lng,
    // One ordered look within the wider radius is the same as first the narrow, then the wider one:
    // whoever is within the first radius is nearer than all outside of it.
    chordKm(Math.max(limits.searchRadiusKm, limits.maxRadiusKm)),
    limits.pilotStaleMs,
  ];
}

/**
 * In queries of their own: worked out once, not for each pilot that is looked at, and out of the planner's sight, so
 * that a plan for all pickups looks no worse to it than one for this pickup alone, which takes 5 ms to make.
 */
const PICKUP = '(SELECT dispatch_place($4, $5))';
const VEHICLE = '(SELECT $3::text)';

/**
 * Rule 1: the available pilots near a pickup. Online, fresh, right vehicle, reachable, not cooling down,
 * plausible, no live offer or job, not tried in this search nor passed over in it (rule 6), never gave this
 * booking back. `listed` is true of all who are online and keeps the others out of the index that is walked; whether he is
 * online says his own row. `distance` is the condition on the distance, and `boxKm` half the side of a box that holds all who meet it.
 */
function available(distance: string, boxKm: string, others = ''): string {
  return `
  FROM ${others} pilot_positions pos
    JOIN pilots p ON p.id = pos.pilot_id
    JOIN pilot_presence seen ON seen.pilot_id = pos.pilot_id
  WHERE pos.listed AND p.online AND p.vehicle_type_id = ${VEHICLE}
    AND pos.place <@ cube_enlarge(${PICKUP}, ${boxKm}, 3)
    AND pos.place <-> ${PICKUP} ${distance}
    AND pos.received_at > clock_timestamp() - ${ms(7)}
    AND seen.seen_at > clock_timestamp() - interval '${REACHABLE_MS} milliseconds'
    AND (p.cooldown_until IS NULL OR p.cooldown_until < clock_timestamp())
    AND (pos.implausible_until IS NULL OR pos.implausible_until < clock_timestamp())
    AND NOT EXISTS (SELECT FROM offers live WHERE live.pilot_id = p.id
      AND (live.status = 'OFFERED' OR (live.status = 'ACCEPTED' AND live.ended_at IS NULL)))
    AND NOT EXISTS (SELECT FROM offers tried WHERE tried.booking_id = $1 AND tried.pilot_id = p.id
      AND (tried.search_no = $2 OR tried.end_reason = 'released'))
    AND NOT EXISTS (SELECT FROM searches passing WHERE passing.booking_id = $1 AND passing.search_no = $2
      AND p.id = ANY (passing.passed_pilot_ids))`;
}

const AVAILABLE = available('<= $6', '$6');

/** Rule 1: the nearest first; ties by longest without an offer, then id. */
const BEST_FIRST = `ORDER BY pos.place <-> ${PICKUP}, p.last_offer_at NULLS FIRST, p.id LIMIT 1`;

// A millimetre more: the edges of a box are rounded, while the distance itself is compared as it is.
const AS_NEAR = available('= nearest.chord', 'nearest.chord + 1e-6', 'nearest CROSS JOIN');

/**
 * The best pilot whose row nobody holds, locked: the nearest comes out of the index in order, and then the best of
 * those who are exactly as near. In one ORDER BY Postgres sorts the first 33 available ones to find the ties, and for
 * that looks at all the others between them.
 */
const LOCKED_BEST = `nearest AS (
       SELECT p.id, pos.place <-> ${PICKUP} AS chord ${AVAILABLE}
       ORDER BY pos.place <-> ${PICKUP} LIMIT 1 FOR NO KEY UPDATE OF p SKIP LOCKED
     ), best AS (
       SELECT p.id, nearest.chord ${AS_NEAR}
       ORDER BY p.last_offer_at NULLS FIRST, p.id LIMIT 1 FOR NO KEY UPDATE OF p SKIP LOCKED
     )`;

/** What a claim came to: whom it would have asked, and the offer, where one was made. */
export interface Claim {
  best_pilot_id: string;
  offer: (OfferRow & { now: Date }) | null;
}

/**
 * The claim: takes the best available pilot and makes him the offer, in one statement. A pilot whose row
 * is locked is passed over, never waited for; one who was taken since the statement began violates the
 * unique index, and no offer is made. The caller holds the booking's lock.
 *
 * @returns null when nobody could be looked at; a claim without an offer when the best was just taken
 */
export async function claimPilot(
  manager: Manager,
  booking: BookingRow,
  limits: SearchLimits,
  offer: { id: string; number: number },
): Promise<Claim | null> {
  const found = await row<OfferRow & { now: Date; best_pilot_id: string }>(
    manager,
    `WITH ${LOCKED_BEST}, offer AS (
       INSERT INTO offers (id, booking_id, search_no, pilot_id, number, status, distance_km, offered_at, expires_at)
       SELECT $8, $1, $2, best.id, $9, 'OFFERED', 2 * 6371.0088 * asin(least(1, best.chord / (2 * 6371.0088))),
         t.now, least(t.now + ${ms(10)}, s.ends_at)
       FROM best, searches s, (SELECT clock_timestamp() AS now) t
       WHERE s.booking_id = $1 AND s.search_no = $2
         AND s.ends_at >= t.now + interval '${SHORTEST_OFFER_MS} milliseconds'
       ON CONFLICT DO NOTHING
       RETURNING *
     ), asked AS (
       UPDATE pilots SET last_offer_at = offer.offered_at FROM offer WHERE pilots.id = offer.pilot_id
     )
     SELECT offer.*, clock_timestamp() AS now, best.id AS best_pilot_id FROM best LEFT JOIN offer ON true`,
    [...pilotParameters(booking, limits), offer.id, offer.number, limits.offerTimeoutMs],
  );
  if (found === null) return null;
  return { best_pilot_id: found.best_pilot_id, offer: found.id === null ? null : found };
}

/** Is anybody available, be his row locked or not? Tells an empty city from a crowded claim. */
export async function bestAvailable(
  manager: Manager,
  booking: BookingRow,
  limits: SearchLimits,
): Promise<string | null> {
  const found = await row<{ id: string }>(
    manager,
    `SELECT p.id ${AVAILABLE} ${BEST_FIRST}`,
    pilotParameters(booking, limits),
  );
  return found?.id ?? null;
}

/** Rule 6: an offer to this pilot could not be made; he is not asked again in this search. */
export async function passPilotOver(
  manager: Manager,
  bookingId: string,
  searchNo: number,
  pilotId: string,
): Promise<void> {
  await rows(
    manager,
    `UPDATE searches SET passed_pilot_ids = array_append(passed_pilot_ids, $3::uuid)
     WHERE booking_id = $1 AND search_no = $2`,
    [bookingId, searchNo, pilotId],
  );
}

/** A live offer of another booking whose time is over. */
export type OverdueOffer = Pick<OfferRow, 'id' | 'booking_id'>;

/** SQL: the first of those near the pickup of the booking `b`. They hold pilots for nobody. */
const OVERDUE_NEAR = `FROM offers o JOIN pilot_positions pos ON pos.pilot_id = o.pilot_id
     WHERE o.status = 'OFFERED' AND o.expires_at <= clock_timestamp() AND o.booking_id <> b.id
       AND pos.place <-> dispatch_place(b.pickup_lat, b.pickup_lng) <= ${widestChord('b')}
     ORDER BY o.expires_at LIMIT 50`;

/** Live offers of other bookings near this one's pickup whose time is over. */
export function overdueOffersNear(manager: Manager, bookingId: string): Promise<OverdueOffer[]> {
  return rows(
    manager,
    `SELECT o.id, o.booking_id FROM bookings b CROSS JOIN LATERAL (SELECT o.id, o.booking_id ${OVERDUE_NEAR}) o
     WHERE b.id = $1`,
    [bookingId],
  );
}

/** Where a booking stands, and what else a claim has to know before it asks anybody. */
export interface BeforeClaim extends StandingRow {
  /** The offer that the claim would make was made before. */
  offer_made: boolean;
  overdue: OverdueOffer[];
}

/** Reads it in one statement; null when there is no such booking. The caller holds the booking's lock. */
export function selectBeforeClaim(
  manager: Manager,
  bookingId: string,
  offerId: string,
): Promise<BeforeClaim | null> {
  const more = `, EXISTS (SELECT FROM offers made WHERE made.id = $2) AS offer_made,
       ARRAY(SELECT jsonb_build_object('id', o.id, 'booking_id', o.booking_id) ${OVERDUE_NEAR}) AS overdue`;
  return row<BeforeClaim>(manager, standingSql(more), [bookingId, offerId]);
}

/** SQL for the wider radius of the booking `b` as a chord, kilometres. */
function widestChord(booking: string): string {
  return `(2 * 6371.0088 * sin(least(pi() / 2, (${booking}.limits->>'maxRadiusKm')::double precision / (2 * 6371.0088))))`;
}

/** Where a look at waiting searches ended: the next one goes on behind it. */
export interface WaitingPlace {
  until: string;
  bookingId: string;
}

/**
 * Looks at `limit` searches that wait with patience, in the order in which their patience ends: who of them has
 * somebody available, or waited for a pause that is over.
 *
 * @param after goes on behind this one; null begins with the first
 * @returns their bookings, and where the look ended; null when there are no more
 */
export async function waitingSearchesWithPilots(
  manager: Manager,
  after: WaitingPlace | null,
  limit: number,
): Promise<{ bookingIds: string[]; last: WaitingPlace | null }> {
  const looked = await rows<{ booking_id: string; until: string; hears: boolean }>(
    manager,
    `SELECT w.booking_id, w.waiting_until::text AS until, (w.held_at IS NOT NULL OR EXISTS (
         SELECT ${AVAILABLE.replaceAll('$1', 'w.booking_id')
           .replaceAll('$2', 'w.search_no')
           .replaceAll(VEHICLE, 'w.vehicle_type_id')
           .replaceAll(PICKUP, 'dispatch_place(w.pickup_lat, w.pickup_lng)')
           .replaceAll('$6', widestChord('w'))
           .replaceAll('$7', `(w.limits->>'pilotStaleMs')`)})) AS hears
     FROM (
       SELECT s.booking_id, s.search_no, s.held_at, s.waiting_until, b.vehicle_type_id, b.pickup_lat, b.pickup_lng,
         b.limits
       FROM searches s JOIN bookings b ON b.id = s.booking_id JOIN vehicle_types v ON v.id = b.vehicle_type_id
       WHERE s.waiting_until > clock_timestamp() AND (s.waiting_until, s.booking_id) > ($1::timestamptz, $2::uuid)
         AND s.outcome IS NULL AND v.paused_at IS NULL
       ORDER BY s.waiting_until, s.booking_id LIMIT $3) w
     ORDER BY w.waiting_until, w.booking_id`,
    [after?.until ?? '-infinity', after?.bookingId ?? NO_BOOKING, limit],
  );
  const last = looked.length < limit ? undefined : looked.at(-1);
  return {
    bookingIds: looked.filter((one) => one.hears).map((one) => one.booking_id),
    last: last === undefined ? null : { until: last.until, bookingId: last.booking_id },
  };
}
