import { inTransaction, type DispatchContext, type Transaction } from './context.js';
import { lockBooking } from '../database/statements/bookings.js';
import {
  acceptOffer,
  declineOffer,
  expireOffer,
  findOffer,
  holdingOfferOfPilot,
} from '../database/statements/offers.js';
import { selectStanding } from '../database/statements/searches.js';
import { insertAudit } from '../database/statements/records.js';
import type { BookingViewRow } from '../database/statements/lists.js';
import type { BookingRow, OfferRow } from '../database/rows.js';
import { BY_TAP, type AnswerFact, type Standing } from '../contract/activities.js';
import { MESSAGES } from '../contract/messages.js';
import { failForTime, giveJob, msBetween, tellOfJob } from './steps.js';
import { standingOf } from './standing.js';

export interface SettleStep {
  bookingId: string;
  offerId: string;
  /** An answer that came by signal; a tap has already written its own. */
  fact?: AnswerFact;
}

/**
 * Brings an offer to the end that is due: the fact, if it still holds (the offer live, the pilot its own,
 * the time not over), else the end of its time. Changes nothing when neither is so. Safe to run twice.
 *
 * @returns where the booking stands now: the truth, whoever won
 */
export function settleOffer(context: DispatchContext, step: SettleStep): Promise<Standing> {
  return inTransaction(context, async (tx) => {
    const [booking, offer, standing] = await Promise.all([
      lockBooking(tx.manager, step.bookingId),
      findOffer(tx.manager, step.offerId),
      standingOf(tx.manager, step.bookingId),
    ]);
    const live = offer?.status === 'OFFERED' && offer.booking_id === booking?.id;
    if (booking === null || !live) {
      logIgnored(tx, step, offer);
      return standing;
    }
    const applied = step.fact !== undefined && (await applyFact(tx, booking, offer, step.fact));
    if (!applied) {
      logIgnored(tx, step, offer);
      await endOverdue(tx, booking, offer);
    }
    return standingOf(tx.manager, step.bookingId);
  });
}

/** Ends the live offer of a pilot if its time is over, as whatever else he or his operator does next has to find it. */
export async function settleOverdueOf(context: DispatchContext, pilotId: string): Promise<void> {
  const holding = await holdingOfferOfPilot(context.source.manager, pilotId);
  if (holding?.status === 'OFFERED')
    await settleOffer(context, { bookingId: holding.booking_id, offerId: holding.id });
}

const ENDED_AS = { accept: 'ACCEPTED', decline: 'DECLINED' } as const;

/**
 * An answer by hand that came too late leaves a line. A tap's own signal, which its row came before, does not; nor
 * does one that was applied by an earlier run.
 */
function logIgnored(tx: Transaction, { bookingId, offerId, fact }: SettleStep, offer: OfferRow | null): void {
  if (fact === undefined || fact.by === BY_TAP || offer?.status === ENDED_AS[fact.answer]) return;
  tx.log('answer_ignored', { bookingId, offerId, answer: fact.answer });
}

async function applyFact(
  tx: Transaction,
  booking: BookingRow,
  offer: OfferRow,
  fact: AnswerFact,
): Promise<boolean> {
  if (fact.offerId !== offer.id || fact.pilotId !== offer.pilot_id) return false;
  const done =
    fact.answer === 'accept'
      ? (await acceptNow(tx, booking, offer)) !== null
      : await declineNow(tx, booking, offer);
  if (done)
    await insertAudit(tx.manager, {
      bookingId: booking.id,
      actor: fact.by,
      action: fact.answer,
      details: { offerId: offer.id, pilotId: offer.pilot_id, through: 'signal' },
    });
  return done;
}

/**
 * Accepts as Postgres' clock allows; null when the offer is not live any more. The lock is held. Answers the
 * booking as it is then.
 */
export async function acceptNow(
  tx: Transaction,
  booking: BookingRow,
  offer: Pick<OfferRow, 'id' | 'pilot_id'>,
): Promise<BookingViewRow | null> {
  // Together: the job is only given for an offer that is accepted by then.
  const [accepted, job] = await Promise.all([
    acceptOffer(tx.manager, offer.id, offer.pilot_id),
    giveJob(tx, booking, offer.id),
  ]);
  if (accepted === null) return null;
  const ids = { bookingId: booking.id, offerId: offer.id, pilotId: offer.pilot_id };
  tx.log('offer_accepted', { ...ids, tookMs: msBetween(accepted.offered_at, accepted.accepted_at) });
  tellOfJob(tx, booking, offer, job, false);
  return job.view;
}

/** Declines as Postgres' clock allows; false when the offer is not live any more. The lock is held. */
export async function declineNow(
  tx: Transaction,
  booking: BookingRow,
  offer: Pick<OfferRow, 'id' | 'pilot_id'>,
): Promise<boolean> {
  const declined = await declineOffer(tx.manager, offer.id, offer.pilot_id);
  if (declined === null) return false;
  tx.tidings.user(booking, 'booking:offer_declined', { message: MESSAGES.offerDeclined });
  const ids = { bookingId: booking.id, offerId: offer.id, pilotId: offer.pilot_id };
  tx.log('offer_declined', { ...ids, tookMs: msBetween(declined.offered_at, declined.ended_at) });
  return true;
}

/**
 * Rule 10: an offer that the search's end cut short ends with the search; any other ends by itself, and
 * the search goes on.
 */
async function endOverdue(tx: Transaction, booking: BookingRow, offer: OfferRow): Promise<void> {
  const found = await selectStanding(tx.manager, booking.id);
  if (found?.offer_left_ms !== 0) return;
  if (found.ends_at !== null && offer.expires_at >= found.ends_at) {
    await failForTime(tx, booking, found.tried_pilot_ids.length);
    return;
  }
  const expired = await expireOffer(tx.manager, offer.id);
  if (expired === null) return;
  tx.tidings.user(booking, 'booking:offer_expired', { message: MESSAGES.offerExpired });
  tx.tidings.pilot(offer.pilot_id, 'offer:expired', {
    offerId: offer.id,
    bookingId: booking.id,
    reason: 'timeout',
  });
  tx.log('offer_expired', { bookingId: booking.id, offerId: offer.id, pilotId: offer.pilot_id });
}
