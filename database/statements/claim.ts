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
 * plausible, no live offer or job, not tried in this search, never gave this booking back.
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
      AND (tried.search_no = $2 OR tried.end_reason = 'released'))`;

/**
 * The claim: takes the best available pilot and makes him the offer, in one statement. A pilot whose row
 * is locked is passed over, never waited for; one who was taken since the statement began violates the
 * unique index and nothing is written. The caller holds the booking's lock.
 *
 * @returns the offer; null when nobody could be taken
 */
export function claimPilot(
  manager: Manager,
  booking: BookingRow,
  limits: SearchLimits,
  offer: { id: string; number: number; excludedPilotIds: string[] },
): Promise<(OfferRow & { now: Date }) | null> {
  return row(
    manager,
    `WITH best AS (
       SELECT p.id, pos.place <-> dispatch_place($4, $5) AS chord ${AVAILABLE}
         AND NOT (p.id = ANY ($11::uuid[]))
       ORDER BY pos.place <-> dispatch_place($4, $5), p.last_offer_at NULLS FIRST, p.id
       LIMIT 1 FOR NO KEY UPDATE OF p SKIP LOCKED
     ), asked AS (
       UPDATE pilots SET last_offer_at = clock_timestamp() FROM best WHERE pilots.id = best.id
       RETURNING pilots.id, best.chord
     )
     INSERT INTO offers (id, booking_id, search_no, pilot_id, number, status, distance_km, offered_at, expires_at)
     SELECT $8, $1, $2, asked.id, $9, 'OFFERED', 2 * 6371.0088 * asin(least(1, asked.chord / (2 * 6371.0088))),
       t.now, least(t.now + ${ms(10)}, s.ends_at)
     FROM asked, searches s, (SELECT clock_timestamp() AS now) t
     WHERE s.booking_id = $1 AND s.search_no = $2
       AND s.ends_at >= t.now + interval '${SHORTEST_OFFER_MS} milliseconds'
     ON CONFLICT DO NOTHING
     RETURNING *, clock_timestamp() AS now`,
    [
      ...pilotParameters(booking, limits),
      offer.id,
      offer.number,
      limits.offerTimeoutMs,
      offer.excludedPilotIds,
    ],
  );
}

/** Is anybody available, be his row locked or not? Tells an empty city from a crowded claim. */
export async function somebodyAvailable(
  manager: Manager,
  booking: BookingRow,
  limits: SearchLimits,
  excludedPilotIds: string[] = [],
): Promise<boolean> {
  const found = await rows(
    manager,
    `SELECT 1 AS found ${AVAILABLE} AND NOT (p.id = ANY ($8::uuid[])) LIMIT 1`,
    [...pilotParameters(booking, limits), excludedPilotIds],
  );
  return found.length > 0;
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

/** Searches that wait with patience while somebody whom they could ask is available. */
export function waitingSearchesWithPilots(manager: Manager): Promise<{ booking_id: string }[]> {
  return rows(
    manager,
    `SELECT w.booking_id FROM (
       SELECT s.booking_id, s.search_no, b.vehicle_type_id, b.pickup_lat, b.pickup_lng, b.limits
       FROM searches s JOIN bookings b ON b.id = s.booking_id
       WHERE s.waiting_until > clock_timestamp() AND s.outcome IS NULL
       ORDER BY s.waiting_until LIMIT 200) w
     WHERE EXISTS (
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
