/**
 * What a pilot's page shows, and how each answer and event changes it. Pure: no clock, no network, no page.
 * At most one of `offer` and `job` is live in the system; for a moment the page may know of both.
 */
import type { Booking, Offer, Pilot, PilotEvents } from '../../contract/shapes.js';
import { JOB_STATUSES, type JobStatus, type OfferEndReason } from '../../contract/words.js';

export interface DeskNotice {
  tone: 'info' | 'success' | 'warning' | 'error';
  text: string;
}

export interface Desk {
  /** Null until the first answer of the server. */
  pilot: Pilot | null;
  /** The offer of the pop-up. */
  offer: Offer | null;
  job: Booking | null;
  /** The job that was just delivered, for a last look. */
  delivered: Booking | null;
  notice: DeskNotice | null;
  /** Offers that were answered or ended: late repeats of them show nothing. */
  over: readonly string[];
}

/** How things are, as the server says. */
export interface Truth {
  pilot: Pilot;
  offers: readonly Offer[];
  job: Booking | null;
}

export const EMPTY_DESK: Desk = {
  pilot: null,
  offer: null,
  job: null,
  delivered: null,
  notice: null,
  over: [],
};

export const END_WORDS: Readonly<Record<OfferEndReason, string>> = {
  timeout: 'You did not answer in time.',
  offline: 'You went offline.',
  search_timeout: 'The search is over.',
  cancelled: 'The customer cancelled.',
  reassigned: 'Assigned to another pilot.',
};

/** The server's clock is known to within half a second; an offer that is gone with less left has run out. */
const CLOCKS_APART_MS = 500;
// More offers than this never wait for a late repeat.
const OVER_AT_MOST = 50;

/** An offer was sent. `leftMs`: what is left of it by the server's clock. */
export function offerCame(desk: Desk, offer: Offer, leftMs: number): Desk {
  if (leftMs <= 0 || desk.over.includes(offer.offerId) || desk.offer?.offerId === offer.offerId) return desk;
  return { ...desk, offer, delivered: null, notice: null };
}

/** The server ended an offer without an answer. */
export function offerEnded(desk: Desk, { offerId, reason }: PilotEvents['offer:expired']): Desk {
  // The page may have closed it a moment earlier, with the same words.
  if (desk.offer?.offerId !== offerId) return { ...desk, over: withOffer(desk.over, offerId) };
  return closed(desk, offerId, { tone: reason === 'timeout' ? 'warning' : 'info', text: END_WORDS[reason] });
}

/**
 * The countdown came to its end. The offer may come back: should this page's idea of the time be wrong, the
 * server still calls it live. `answering`: an Accept is under way and may have come in time.
 */
export function timeUp(desk: Desk, offerId: string, answering: boolean): Desk {
  if (desk.offer?.offerId !== offerId) return desk;
  const notice: DeskNotice = answering
    ? { tone: 'info', text: 'Your answer is on its way. If it was in time, the job appears here.' }
    : { tone: 'warning', text: END_WORDS.timeout };
  return { ...desk, offer: null, notice };
}

/** Accepted, by this page. */
export function accepted(desk: Desk, offerId: string, booking: Booking): Desk {
  return jobAssigned({ ...closed(desk, offerId, null), delivered: null }, booking);
}

/** Declined, by this page. */
export function declined(desk: Desk, offerId: string): Desk {
  return closed(desk, offerId, { tone: 'info', text: 'You declined the offer.' });
}

/** The answer to an offer was refused: it is not there to be answered any more. */
export function answerRefused(desk: Desk, offerId: string, why: string): Desk {
  return closed(desk, offerId, { tone: 'warning', text: why });
}

/** A job is the pilot's: by accepting, here or on another device, or by an operator's hand. */
export function jobAssigned(desk: Desk, booking: Booking): Desk {
  const known = desk.job?.id === booking.id ? desk.job : null;
  // Repeats and late messages do not take steps back.
  if (known !== null && stepOf(known) > stepOf(booking)) return desk;
  const offer = desk.offer?.bookingId === booking.id ? null : desk.offer;
  return { ...desk, job: booking, offer, delivered: null, notice: known === null ? null : desk.notice };
}

/** The job moved a step; the last one ends it. */
export function stepped(desk: Desk, booking: Booking): Desk {
  if (desk.job?.id !== booking.id || stepOf(desk.job) > stepOf(booking)) return desk;
  if (booking.status === 'DELIVERED') return { ...desk, job: null, delivered: booking, notice: null };
  return { ...desk, job: booking, notice: null };
}

/** The pilot gave the job back. */
export function released(desk: Desk, bookingId: string): Desk {
  return jobGone(desk, bookingId, 'You gave the job back. We are looking for another pilot.');
}

/** The booking of the job was cancelled, or an operator took it back. */
export function jobCancelled(
  desk: Desk,
  { bookingId, by }: Pick<PilotEvents['booking:cancelled'], 'bookingId' | 'by'>,
): Desk {
  return jobGone(
    desk,
    bookingId,
    by === 'user' ? 'The customer cancelled the booking.' : 'An operator ended this job.',
  );
}

/** The pilot as the server just answered. */
export function pilotIs(desk: Desk, pilot: Pilot): Desk {
  return { ...desk, pilot };
}

/** Something to tell; null takes it away. */
export function told(desk: Desk, notice: DeskNotice | null): Desk {
  return { ...desk, notice };
}

/** The look at the delivered job is over. */
export function deliveredSeen(desk: Desk): Desk {
  return { ...desk, delivered: null };
}

/**
 * Puts the desk right after the server was asked. What is shown and is no longer so goes, with a word about it.
 * Only for an answer that was asked for by a desk that has not moved since (`sameStanding`).
 */
export function standing(desk: Desk, truth: Truth, leftMs: (offer: Offer) => number): Desk {
  const live = truth.offers.find((offer) => !desk.over.includes(offer.offerId) && leftMs(offer) > 0) ?? null;
  const offer = live !== null && live.offerId === desk.offer?.offerId ? desk.offer : live;
  let notice = desk.notice;
  if (offer !== null && offer !== desk.offer) notice = null;
  if (desk.offer !== null && offer === null && truth.job?.id !== desk.offer.bookingId)
    notice = goneNotice(leftMs(desk.offer));
  if (desk.job !== null && truth.job?.id !== desk.job.id)
    notice = { tone: 'info', text: 'This job is no longer yours.' };
  const delivered = offer === null && truth.job === null ? desk.delivered : null;
  return { ...desk, pilot: truth.pilot, offer, job: truth.job, delivered, notice };
}

/** An offer went between two looks: its time was over, as nearly as the two clocks agree, or something else ended it. */
function goneNotice(leftMs: number): DeskNotice {
  return leftMs <= CLOCKS_APART_MS
    ? { tone: 'warning', text: END_WORDS.timeout }
    : { tone: 'info', text: 'The offer is over.' };
}

/** True when nothing that the server decides has moved between two looks at the desk. */
export function sameStanding(one: Desk, other: Desk): boolean {
  return (
    one.pilot === other.pilot &&
    one.offer === other.offer &&
    one.job === other.job &&
    one.delivered === other.delivered &&
    one.over === other.over
  );
}

/** The step after the job's; null at its end. */
export function nextStep(job: Booking): JobStatus | null {
  return JOB_STATUSES[stepOf(job) + 1] ?? null;
}

/** How far a job is: the place of its status among the steps; -1 for none of them. */
export function stepOf(job: Booking): number {
  return JOB_STATUSES.indexOf(job.status as JobStatus);
}

function closed(desk: Desk, offerId: string, notice: DeskNotice | null): Desk {
  return {
    ...desk,
    offer: desk.offer?.offerId === offerId ? null : desk.offer,
    notice,
    over: withOffer(desk.over, offerId),
  };
}

function jobGone(desk: Desk, bookingId: string, text: string): Desk {
  if (desk.job?.id !== bookingId) return desk;
  return { ...desk, job: null, notice: { tone: 'info', text } };
}

function withOffer(over: readonly string[], offerId: string): readonly string[] {
  return over.includes(offerId) ? over : [...over.slice(1 - OVER_AT_MOST), offerId];
}
