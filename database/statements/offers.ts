import { ms, row, rows, type Manager } from '../query.js';
import type { OfferRow } from '../rows.js';
import type { JobEndReason, OfferEndReason } from '../../contract/words.js';

/** An offer by its id, without a lock; null when there is none. */
export function findOffer(manager: Manager, offerId: string): Promise<OfferRow | null> {
  return row<OfferRow>(manager, 'SELECT * FROM offers WHERE id = $1', [offerId]);
}

/** The live offer of a booking, if any. */
export function liveOfferOfBooking(manager: Manager, bookingId: string): Promise<OfferRow | null> {
  return row<OfferRow>(manager, `SELECT * FROM offers WHERE booking_id = $1 AND status = 'OFFERED'`, [
    bookingId,
  ]);
}

/** What holds a pilot: his live offer or his job, if any (the unique index allows one). */
export function holdingOfferOfPilot(manager: Manager, pilotId: string): Promise<OfferRow | null> {
  return row<OfferRow>(
    manager,
    `SELECT * FROM offers WHERE pilot_id = $1
       AND (status = 'OFFERED' OR (status = 'ACCEPTED' AND ended_at IS NULL))`,
    [pilotId],
  );
}

/** The job of a booking: its accepted offer that has not ended. */
export function jobOfBooking(manager: Manager, bookingId: string): Promise<OfferRow | null> {
  return row<OfferRow>(
    manager,
    `SELECT * FROM offers WHERE booking_id = $1 AND status = 'ACCEPTED' AND ended_at IS NULL`,
    [bookingId],
  );
}

/**
 * Rule 8: accepts, if the offer is live and its time not over by Postgres' clock as the statement runs.
 * Null when it is not. The caller holds the booking's lock.
 */
export function acceptOffer(manager: Manager, offerId: string, pilotId: string): Promise<OfferRow | null> {
  return row<OfferRow>(
    manager,
    `UPDATE offers SET status = 'ACCEPTED', accepted_at = clock_timestamp()
     WHERE id = $1 AND pilot_id = $2 AND status = 'OFFERED' AND expires_at > clock_timestamp() RETURNING *`,
    [offerId, pilotId],
  );
}

/** Declines under the same conditions as `acceptOffer`. */
export function declineOffer(manager: Manager, offerId: string, pilotId: string): Promise<OfferRow | null> {
  return row<OfferRow>(
    manager,
    `UPDATE offers SET status = 'DECLINED', ended_at = clock_timestamp(), end_reason = 'declined'
     WHERE id = $1 AND pilot_id = $2 AND status = 'OFFERED' AND expires_at > clock_timestamp() RETURNING *`,
    [offerId, pilotId],
  );
}

/** Ends a live offer whose time is over; null when it is not, or it ended otherwise. */
export function expireOffer(manager: Manager, offerId: string): Promise<OfferRow | null> {
  return row<OfferRow>(
    manager,
    `UPDATE offers SET status = 'EXPIRED', ended_at = clock_timestamp(), end_reason = 'timeout'
     WHERE id = $1 AND status = 'OFFERED' AND expires_at <= clock_timestamp() RETURNING *`,
    [offerId],
  );
}

/** Takes back the live offer of a booking; null when it has none. */
export function withdrawOffer(
  manager: Manager,
  bookingId: string,
  reason: OfferEndReason,
): Promise<OfferRow | null> {
  return row<OfferRow>(
    manager,
    `UPDATE offers SET status = 'WITHDRAWN', ended_at = clock_timestamp(), end_reason = $2
     WHERE booking_id = $1 AND status = 'OFFERED' RETURNING *`,
    [bookingId, reason],
  );
}

/** Ends the job of a booking and so frees its pilot; null when it has none. */
export function endJob(manager: Manager, bookingId: string, reason: JobEndReason): Promise<OfferRow | null> {
  return row<OfferRow>(
    manager,
    `UPDATE offers SET ended_at = clock_timestamp(), end_reason = $2
     WHERE booking_id = $1 AND status = 'ACCEPTED' AND ended_at IS NULL RETURNING *`,
    [bookingId, reason],
  );
}

/** An offer that ended, or a job that was given or ended: what its pilot was told, and when. */
export interface RecentEnd extends Pick<
  OfferRow,
  'id' | 'booking_id' | 'pilot_id' | 'status' | 'end_reason'
> {
  /** Null: a job that he has. */
  ended_at: Date | null;
  at: Date;
  /** Who took the job from him: the customer or an operator. */
  taken_by: 'user' | 'admin' | null;
}

/** Of these pilots, offers and jobs that changed since `sinceMs` milliseconds ago, in that order. */
export function recentEndsOf(manager: Manager, pilotIds: string[], sinceMs: number): Promise<RecentEnd[]> {
  return rows<RecentEnd>(
    manager,
    `SELECT o.id, o.booking_id, o.pilot_id, o.status, o.end_reason, o.ended_at,
       coalesce(o.ended_at, o.accepted_at) AS at,
       CASE o.end_reason
         WHEN 'cancelled' THEN (SELECT e.payload->>'by' FROM booking_events e
           WHERE e.booking_id = o.booking_id AND e.event = 'booking:cancelled' ORDER BY e.seq DESC LIMIT 1)
         WHEN 'released' THEN (SELECT 'admin' FROM audit_entries a
           WHERE a.booking_id = o.booking_id AND a.action = 'release' AND a.details->>'actorType' = 'admin'
             AND a.details->>'pilotId' = o.pilot_id::text
           LIMIT 1) END AS taken_by
     FROM offers o CROSS JOIN (SELECT clock_timestamp() - ${ms(2)} AS since) t
     WHERE o.pilot_id = ANY ($1::uuid[])
       AND (o.ended_at > t.since OR o.ended_at IS NULL AND o.status = 'ACCEPTED' AND o.accepted_at > t.since)
     ORDER BY at`,
    [pilotIds, sinceMs],
  );
}

/** A job given by hand: an accepted offer that was never asked. Fails on a pilot who is taken (23505). */
export async function insertJobByHand(
  manager: Manager,
  job: { id: string; bookingId: string; searchNo: number; pilotId: string; distanceKm: number },
): Promise<void> {
  await rows(
    manager,
    `INSERT INTO offers (id, booking_id, search_no, pilot_id, number, status, distance_km, offered_at, expires_at,
       accepted_at)
     SELECT $1, $2, $3, $4, 0, 'ACCEPTED', $5, t.now, t.now, t.now FROM (SELECT clock_timestamp() AS now) t`,
    [job.id, job.bookingId, job.searchNo, job.pilotId, job.distanceKm],
  );
}

/** Notes that the pilot's app showed the offer, once. True when the offer is his. */
export async function markReceived(manager: Manager, offerId: string, pilotId: string): Promise<boolean> {
  const marked = await rows(
    manager,
    `UPDATE offers SET received_at = coalesce(received_at, clock_timestamp())
     WHERE id = $1 AND pilot_id = $2 RETURNING id`,
    [offerId, pilotId],
  );
  return marked.length > 0;
}

/** Live offers whose time was over `graceMs` ago and whom nobody has settled. */
export function overdueOffers(
  manager: Manager,
  graceMs: number,
): Promise<Pick<OfferRow, 'id' | 'booking_id'>[]> {
  return rows(
    manager,
    `SELECT id, booking_id FROM offers
     WHERE status = 'OFFERED' AND expires_at < clock_timestamp() - ($1::double precision * interval '1 millisecond')
     ORDER BY expires_at LIMIT 200`,
    [graceMs],
  );
}
