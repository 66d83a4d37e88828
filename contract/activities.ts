/**
 * What the workflow may have done. Each activity is one transaction that may run twice, and each
 * answers with the booking's standing as the rows have it: the workflow follows that answer.
 */
import type { BookingStatus, FinalStatus } from './words.js';

export interface SearchStanding {
  searchNo: number;
  /** ISO time; null until the first claim begins the search. */
  startedAt: string | null;
  endsAt: string | null;
  triedPilotIds: string[];
}

export interface OfferStanding {
  offerId: string;
  pilotId: string;
  /** 1 for the first pilot of the search. */
  number: number;
  expiresAt: string;
  /** By Postgres' clock when the standing was read, so that a worker's wrong clock changes nothing. */
  remainingMs: number;
}

/** Where a booking stands. Durations are by Postgres' clock at the moment of reading. */
export type Standing =
  | { kind: 'searching'; search: SearchStanding }
  | { kind: 'offered'; search: SearchStanding; offer: OfferStanding }
  /** Nobody to ask now, or (`resume`) nobody may be: look again at a nudge or after `waitMs`. */
  | { kind: 'waiting'; search: SearchStanding; waitMs: number; until: 'patience' | 'search_end' | 'resume' }
  | {
      kind: 'failed';
      search: SearchStanding;
      reason: 'no_pilots' | 'search_timeout';
      retryWindowLeftMs: number;
    }
  | { kind: 'assigned'; search: SearchStanding; pilotId: string; status: BookingStatus }
  | { kind: 'closed'; search: SearchStanding; status: FinalStatus };

/** The sender of a pilot's own tap: the REST call has written the rows before it signals. */
export const BY_TAP = 'pilot';

/** An answer that reached the workflow by signal. */
export interface AnswerFact {
  answer: 'accept' | 'decline';
  offerId: string;
  pilotId: string;
  by: string;
}

export interface BookingAssignmentActivities {
  /** Begins the search if it has not begun, then asks the best available pilot, or says why not. */
  claimNextPilot(step: { bookingId: string; offerId: string }): Promise<Standing>;
  /** Applies a fact to an offer if it still holds, ends the offer or the search if its time is over. */
  settleOffer(step: { bookingId: string; offerId: string; fact?: AnswerFact }): Promise<Standing>;
  /** Begins another search by hand, if search `afterSearchNo` failed and is the last. */
  retrySearch(step: { bookingId: string; by: string; afterSearchNo: number }): Promise<Standing>;
  /** Cancels by hand, if it may still be cancelled. */
  cancelBooking(step: { bookingId: string; by: string }): Promise<Standing>;
  /** Ends a booking that nobody retried in the retry window. */
  expireBooking(step: { bookingId: string }): Promise<Standing>;
  /** Only reads where things stand. */
  readStanding(step: { bookingId: string }): Promise<Standing>;
}
