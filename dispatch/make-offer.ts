import type { Standing } from '../contract/activities.js';
import { MESSAGES } from '../contract/messages.js';
import type { SearchStepKind } from '../contract/words.js';
import type { BookingRow, OfferRow } from '../database/rows.js';
import { noteStep } from '../database/statements/search-steps.js';
import { stopWaiting, type StandingRow } from '../database/statements/searches.js';
import type { Transaction } from './context.js';
import { toStanding } from './standing.js';
import type { MadeOffer } from './take-pilot.js';
import { toOffer } from './views.js';

/** The pilot is taken: why him, and what he and the user are told. Answers where the booking stands now. */
export function makeOffer(
  tx: Transaction,
  booking: BookingRow,
  found: StandingRow,
  offer: MadeOffer,
): Standing {
  if (found.waiting_until !== null) tx.waitAtTheEnd(stopWaiting(tx.manager, booking.id, booking.search_no));
  note(tx, booking, 'asked', offer);
  const ids = { bookingId: booking.id, offerId: offer.id, pilotId: offer.pilot_id };
  tx.log('pilot_found', { ...ids, distanceKm: offer.distance_km });
  tx.tidings.user(booking, 'booking:offer_sent', {
    pilotNumber: offer.number,
    message: MESSAGES.offerSent(offer.number),
  });
  const { at: _at, ...shown } = toOffer({
    ...booking,
    offer_id: offer.id,
    offer_pilot_id: offer.pilot_id,
    distance_km: offer.distance_km,
    expires_at: offer.expires_at,
    now: offer.now,
    left_ms: leftMsOf(offer),
    total_ms: offer.expires_at.getTime() - offer.offered_at.getTime(),
  });
  tx.tidings.pilot(offer.pilot_id, 'booking:offer', shown);
  tx.log('offer_sent', { ...ids, number: offer.number, expiresAt: offer.expires_at.toISOString() });
  return toStanding(withOffer(found, offer));
}

/** The standing now that the offer is made: what the statement that made it said, without asking again. */
function withOffer(found: StandingRow, offer: MadeOffer): StandingRow {
  return {
    ...found,
    offer_id: offer.id,
    offer_pilot_id: offer.pilot_id,
    offer_number: offer.number,
    offer_expires_at: offer.expires_at,
    offer_left_ms: leftMsOf(offer),
    tried_pilot_ids: [...found.tried_pilot_ids, offer.pilot_id],
  };
}

function leftMsOf(offer: MadeOffer): number {
  return Math.max(0, offer.expires_at.getTime() - offer.now.getTime());
}

/** Leaves why whom, for those who ask later; in the same transaction, so that it is as true as the offer. */
export function note(
  tx: Transaction,
  booking: BookingRow,
  kind: SearchStepKind,
  offer: OfferRow | null = null,
): void {
  tx.waitAtTheEnd(noteStep(tx.manager, booking, booking.limits, { kind, offer }));
}
