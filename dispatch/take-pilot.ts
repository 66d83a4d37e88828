import type { Transaction } from './context.js';
import { bestAvailable, claimPilot, overdueOffersNear, passPilotOver } from '../database/statements/claim.js';
import { selectStanding } from '../database/statements/searches.js';
import type { BookingRow, OfferRow } from '../database/rows.js';
import { SHORTEST_OFFER_MS } from '../contract/limits.js';

/** An offer as it was just made, and the time by Postgres' clock. */
export type MadeOffer = OfferRow & { now: Date };

/** A crowded claim looks again this often, with a short pause, before it lets the workflow wait. */
const CLAIM_ATTEMPTS = 12;
const CLAIM_PAUSE_MS = 8;
/** What a workflow waits before it looks again at pilots who were all locked. */
export const CONTENDED_WAIT_MS = 150;

/**
 * Takes the best pilot. One who was taken at the same moment is passed over for this search (rule 6). Somebody
 * may be available and yet not be looked at, since his row is locked by another claim, or held by an offer
 * that is only just over: then it looks again, so that a crowd makes no false "no pilots".
 */
export async function takePilot(
  tx: Transaction,
  booking: BookingRow,
  offerId: string,
  number: number,
): Promise<MadeOffer | null | 'contended' | 'too_late'> {
  for (let attempt = 0; attempt < CLAIM_ATTEMPTS; attempt += 1) {
    const claim = await claimPilot(tx.manager, booking, booking.limits, { id: offerId, number });
    if (claim !== null && claim.offer !== null) return claim.offer;
    if (claim !== null && (await tooLate(tx, booking.id))) return 'too_late';
    if (claim !== null) await passPilotOver(tx.manager, booking.id, booking.search_no, claim.best_pilot_id);
    else {
      // In this order: what was overdue then is settled and free by the time of the second look.
      const overdue = await overdueOffersNear(tx.manager, booking.id);
      if (overdue.length > 0) return 'contended';
      if ((await bestAvailable(tx.manager, booking, booking.limits)) === null) return null;
      await pause(attempt);
    }
  }
  return 'contended';
}

/** An offer that was not made for want of time is nobody's fault. */
async function tooLate(tx: Transaction, bookingId: string): Promise<boolean> {
  const found = await selectStanding(tx.manager, bookingId);
  return (found?.search_left_ms ?? 0) < SHORTEST_OFFER_MS;
}

function pause(attempt: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.random() * CLAIM_PAUSE_MS * (attempt + 1)));
}
