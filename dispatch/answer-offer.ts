/** A pilot's tap: accept or decline. One transaction, final when it returns. */
import { inTransaction, type DispatchContext } from './context.js';
import { lockBooking } from '../database/statements/bookings.js';
import { findOffer } from '../database/statements/offers.js';
import { selectBookingView } from '../database/statements/lists.js';
import type { BookingRow, OfferRow } from '../database/rows.js';
import type { BookingViewRow } from '../database/statements/lists.js';
import type { AcceptAnswer } from '../contract/shapes.js';
import type { AnswerSignal } from '../contract/workflow.js';
import { audit } from './audit.js';
import { ConflictError, NotFoundError } from './errors.js';
import { acceptNow, declineNow } from './settle-offer.js';
import { toBooking } from './views.js';

export interface Tap {
  pilotId: string;
  offerId: string;
  /** Why he declines, in his words. */
  reason?: string | undefined;
}

/**
 * Accepts an offer (rule 8). Again while the job is his: the same answer. Throws NotFoundError when the
 * offer is not his, ConflictError with what is so when it is not live any more. Safe to run twice.
 */
export function acceptByTap(context: DispatchContext, tap: Tap): Promise<AcceptAnswer> {
  return inTransaction(context, async (tx) => {
    const { booking, offer } = await ownOffer(tx.manager, tap);
    const stillHis = offer.status === 'ACCEPTED' && offer.ended_at === null;
    if (!stillHis) {
      if (offer.status !== 'OFFERED' || !(await acceptNow(tx, booking, offer))) throw refusal(offer, booking);
      await tx.tellWorkflow(booking.id, 'accept', signalOf(tap));
    }
    const view = await selectBookingView(tx.manager, booking.id);
    return { outcome: 'ASSIGNED', booking: toBooking(view as BookingViewRow, 'pilot') };
  });
}

/** Declines an offer, under the same conditions; again: the same answer. Safe to run twice. */
export function declineByTap(context: DispatchContext, tap: Tap): Promise<{ outcome: 'DECLINED' }> {
  return inTransaction(context, async (tx) => {
    const { booking, offer } = await ownOffer(tx.manager, tap);
    if (offer.status !== 'DECLINED') {
      if (offer.status !== 'OFFERED' || !(await declineNow(tx, booking, offer)))
        throw refusal(offer, booking);
      await tx.tellWorkflow(booking.id, 'decline', signalOf(tap));
      if (tap.reason !== undefined && tap.reason !== '')
        await audit(
          tx,
          { type: 'pilot', id: tap.pilotId },
          {
            action: 'decline',
            bookingId: booking.id,
            reason: tap.reason,
            details: { offerId: offer.id },
          },
        );
    }
    return { outcome: 'DECLINED' };
  });
}

function signalOf(tap: Tap): AnswerSignal {
  return { offerId: tap.offerId, pilotId: tap.pilotId, by: 'pilot' };
}

/** The offer as it stands under the booking's lock. */
async function ownOffer(
  manager: Parameters<typeof findOffer>[0],
  tap: Tap,
): Promise<{ booking: BookingRow; offer: OfferRow }> {
  const seen = await findOffer(manager, tap.offerId);
  if (seen === null || seen.pilot_id !== tap.pilotId) throw new NotFoundError('no such offer');
  const booking = await lockBooking(manager, seen.booking_id);
  const offer = await findOffer(manager, tap.offerId);
  if (booking === null || offer === null) throw new NotFoundError('no such offer');
  return { booking, offer };
}

/** Why an offer cannot be answered any more. Pure. */
export function refusal(offer: OfferRow, booking: Pick<BookingRow, 'status'>): ConflictError {
  switch (offer.status) {
    case 'OFFERED':
    case 'EXPIRED':
      return new ConflictError('offer_expired', 'The time to answer this offer is over.');
    case 'DECLINED':
      return new ConflictError('offer_declined', 'This offer was declined.');
    case 'WITHDRAWN':
      return offer.end_reason === 'cancelled' || booking.status === 'CANCELLED'
        ? new ConflictError('booking_cancelled', 'The customer cancelled this booking.')
        : new ConflictError('offer_withdrawn', 'This offer was withdrawn.');
    case 'ACCEPTED':
      if (offer.ended_at === null) return new ConflictError('offer_accepted', 'This offer was accepted.');
      return offer.end_reason === 'cancelled'
        ? new ConflictError('booking_cancelled', 'The customer cancelled this booking.')
        : new ConflictError('job_ended', 'The job of this offer has ended.');
  }
}
