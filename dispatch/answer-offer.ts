/** A pilot's tap: accept or decline. One transaction, final when it returns. */
import { inTransaction, type DispatchContext, type Transaction } from './context.js';
import { lockBookingOfOffer } from '../database/statements/bookings.js';
import { findOffer } from '../database/statements/offers.js';
import { selectBookingView } from '../database/statements/lists.js';
import type { BookingRow, OfferRow } from '../database/rows.js';
import type { BookingViewRow } from '../database/statements/lists.js';
import { BY_TAP } from '../contract/activities.js';
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
    const booking = await lockOwn(tx, tap);
    const assigned = await acceptNow(tx, booking, { id: tap.offerId, pilot_id: tap.pilotId });
    if (assigned !== null) tx.tellWorkflow(booking.id, 'accept', signalOf(tap));
    const view = assigned ?? (await viewWhileHis(tx, booking, tap));
    return { outcome: 'ASSIGNED', booking: toBooking(view, 'pilot') };
  });
}

/** Accepted before: the job, while it is still his; else why the offer cannot be accepted. */
async function viewWhileHis(tx: Transaction, booking: BookingRow, tap: Tap): Promise<BookingViewRow> {
  const offer = (await findOffer(tx.manager, tap.offerId)) as OfferRow;
  if (offer.status !== 'ACCEPTED' || offer.ended_at !== null) throw refusal(offer, booking);
  return (await selectBookingView(tx.manager, booking.id)) as BookingViewRow;
}

/** Declines an offer, under the same conditions; again: the same answer. Safe to run twice. */
export function declineByTap(context: DispatchContext, tap: Tap): Promise<{ outcome: 'DECLINED' }> {
  return inTransaction(context, async (tx) => {
    const booking = await lockOwn(tx, tap);
    if (await declineNow(tx, booking, { id: tap.offerId, pilot_id: tap.pilotId })) {
      tx.tellWorkflow(booking.id, 'decline', signalOf(tap));
      if (tap.reason !== undefined && tap.reason !== '') await auditDecline(tx, booking, tap, tap.reason);
    } else {
      const offer = (await findOffer(tx.manager, tap.offerId)) as OfferRow;
      if (offer.status !== 'DECLINED') throw refusal(offer, booking);
    }
    return { outcome: 'DECLINED' };
  });
}

/** Why he declined is for operators alone: histories and events hold no reasons. */
function auditDecline(tx: Transaction, booking: BookingRow, tap: Tap, reason: string): Promise<void> {
  const act = {
    action: 'decline',
    bookingId: booking.id,
    reason,
    details: { offerId: tap.offerId },
  } as const;
  return audit(tx, { type: 'pilot', id: tap.pilotId }, act);
}

function signalOf(tap: Tap): AnswerSignal {
  return { offerId: tap.offerId, pilotId: tap.pilotId, by: BY_TAP };
}

/** The booking of the pilot's own offer, locked: from here on the offer does not move. */
async function lockOwn(tx: Transaction, tap: Tap): Promise<BookingRow> {
  const booking = await lockBookingOfOffer(tx.manager, tap.offerId, tap.pilotId);
  if (booking === null) throw new NotFoundError('no such offer');
  return booking;
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
