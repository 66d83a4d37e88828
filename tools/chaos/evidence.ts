/** What a run has left behind, as the checker judges it: rows, runs of workflows, and what clients were told. */
import type { BookingStatus, OfferStatus, SearchOutcome } from '../../contract/words.js';
import type { ToldEvent } from '../simulate/story.js';
import type { Answered } from './watched-api.js';

export interface BookingFact {
  id: string;
  status: BookingStatus;
  pilotId: string | null;
  searchNo: number;
  /** How many events it has, by its own count. */
  eventSeq: number;
}

/** An offer, and the job that it became. Times in microseconds, as Postgres keeps them. */
export interface OfferFact {
  id: string;
  bookingId: string;
  pilotId: string;
  searchNo: number;
  number: number;
  status: OfferStatus;
  offeredAtUs: number;
  expiresAtUs: number;
  acceptedAtUs: number | null;
  endedAtUs: number | null;
  endReason: string | null;
}

export interface SearchFact {
  bookingId: string;
  searchNo: number;
  outcome: SearchOutcome | null;
  createdAtUs: number;
  startedAtUs: number | null;
  endsAtUs: number | null;
  endedAtUs: number | null;
}

export interface EventFact {
  bookingId: string;
  seq: number;
  event: string;
  payload: Record<string, unknown>;
}

export interface KeyFact {
  key: string;
  bookingId: string;
}

/** One run of a booking's workflow. */
export interface RunFact {
  bookingId: string;
  runId: string;
  status: string;
  startedAtMs: number;
  /** The booking's status, as a completed run told it. */
  result: string | null;
  /** Why its history does not replay; null where it does. */
  replayError: string | null;
}

/** A booking as its user was told it, after the last sync. */
export interface StoryFact {
  bookingId: string;
  events: ToldEvent[];
}

/** An offer as it came to a pilot's phone. */
export interface OfferSeen {
  pilotId: string;
  bookingId: string;
  offerId: string;
  /** Server time, epoch milliseconds. */
  serverTimeMs: number;
  expiresAtMs: number;
  remainingSeconds: number;
  totalSeconds: number;
}

/** What a pilot is still told when all is over. */
export interface LeftWithPilot {
  pilotId: string;
  offers: number;
  job: boolean;
}

export interface Evidence {
  /** Keys of the bookings of the plan. */
  planned: string[];
  answers: Answered[];
  bookings: BookingFact[];
  offers: OfferFact[];
  searches: SearchFact[];
  events: EventFact[];
  keys: KeyFact[];
  /** Lines that Temporal was not told. */
  outbox: number;
  runs: RunFact[];
  stories: StoryFact[];
  offersSeen: OfferSeen[];
  jobsSeen: { pilotId: string; bookingId: string }[];
  left: LeftWithPilot[];
  /** Answers of 5xx other than 503: faults that nobody had foreseen. */
  serverErrors: string[];
  /** Processes that ended though nobody had told them to. */
  deaths: string[];
}

/** A rule of the checker, as the table names it. */
export type Rule =
  | 'lost'
  | 'stuck'
  | 'doubled'
  | 'answer not honoured'
  | 'events with a gap'
  | 'client told otherwise'
  | 'workflow disagrees'
  | 'history does not replay'
  | 'answered 5xx but 503'
  | 'process died by itself';

/** Something that must not be. */
export interface Violation {
  rule: Rule;
  /** The booking, pilot, offer or key that it is about. */
  id: string;
  text: string;
}

/** The items by a key, in their order. */
export function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const known = groups.get(key(item));
    if (known === undefined) groups.set(key(item), [item]);
    else known.push(item);
  }
  return groups;
}
