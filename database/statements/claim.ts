import { chordKm } from '../../contract/geo.js';
import { REACHABLE_MS, SHORTEST_OFFER_MS, type SearchLimits } from '../../contract/limits.js';
import { ms, row, rows, type Manager } from '../query.js';
import type { BookingRow, OfferRow } from '../rows.js';

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
 * Rule 1: the available pilots near a pickup. Online, fresh, right vehicle, reachable, not cooling down,
 * plausible, no live offer or job, not tried in this search nor passed over in it (rule 6), never gave this
 * booking back.
 */
const AVAILABLE = `
  FROM pilot_positions pos
    JOIN pilots p ON p.id = pos.pilot_id
    JOIN pilot_presence seen ON seen.pilot_id = pos.pilot_id
  WHERE p.online AND p.vehicle_type_id = $3
    AND pos.place <@ cube_enlarge(dispatch_place($4, $5), $6, 3)
    AND pos.place <-> dispatch_place($4, $5) <= $6
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

/** Rule 1: the nearest first; ties by longest without an offer, then id. */
const BEST_FIRST = `ORDER BY pos.place <-> dispatch_place($4, $5), p.last_offer_at NULLS FIRST, p.id LIMIT 1`;

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
    `WITH best AS (
       SELECT p.id, pos.place <-> dispatch_place($4, $5) AS chord ${AVAILABLE}
       ${BEST_FIRST} FOR NO KEY UPDATE OF p SKIP LOCKED
     ), offer AS (
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

/** Live offers of other bookings near this pickup whose time is over: they hold pilots for nobody. */
export function overdueOffersNear(
  manager: Manager,
  booking: Pick<BookingRow, 'id' | 'pickup_lat' | 'pickup_lng'>,
  radiusKm: number,
): Promise<Pick<OfferRow, 'id' | 'booking_id'>[]> {
  return rows(
    manager,
    `SELECT o.id, o.booking_id FROM offers o JOIN pilot_positions pos ON pos.pilot_id = o.pilot_id
     WHERE o.status = 'OFFERED' AND o.expires_at <= clock_timestamp() AND o.booking_id <> $1
       AND pos.place <-> dispatch_place($2, $3) <= $4
     ORDER BY o.expires_at LIMIT 50`,
    [booking.id, booking.pickup_lat, booking.pickup_lng, chordKm(radiusKm)],
  );
}

/** Searches that wait with patience while somebody is available, or for a pause that is over. */
export function waitingSearchesWithPilots(manager: Manager): Promise<{ booking_id: string }[]> {
  return rows(
    manager,
    `SELECT w.booking_id FROM (
       SELECT s.booking_id, s.search_no, s.held_at, b.vehicle_type_id, b.pickup_lat, b.pickup_lng, b.limits
       FROM searches s JOIN bookings b ON b.id = s.booking_id JOIN vehicle_types v ON v.id = b.vehicle_type_id
       WHERE s.waiting_until > clock_timestamp() AND s.outcome IS NULL AND v.paused_at IS NULL
       ORDER BY s.waiting_until LIMIT 200) w
     WHERE w.held_at IS NOT NULL OR EXISTS (
       SELECT ${AVAILABLE.replaceAll('$1', 'w.booking_id')
         .replaceAll('$2', 'w.search_no')
         .replaceAll('$3', 'w.vehicle_type_id')
         .replaceAll('$4', 'w.pickup_lat')
         .replaceAll('$5', 'w.pickup_lng')
         .replaceAll(
           '$6',
           `(2 * 6371.0088 * sin((w.limits->>'maxRadiusKm')::double precision / (2 * 6371.0088)))`,
         )
         .replaceAll('$7', `(w.limits->>'pilotStaleMs')`)})`,
  );
}
