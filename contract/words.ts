/** The states of the field, as string unions: one word for one thing, everywhere. */

export const BOOKING_STATUSES = [
  'PENDING',
  'ASSIGNED',
  'ARRIVED',
  'PICKED_UP',
  'IN_TRANSIT',
  'DELIVERED',
  'CANCELLED',
  'EXPIRED',
] as const;
export type BookingStatus = (typeof BOOKING_STATUSES)[number];

export const ASSIGNMENT_STATUSES = ['searching', 'offered', 'assigned', 'failed', 'cancelled'] as const;
export type AssignmentStatus = (typeof ASSIGNMENT_STATUSES)[number];

export const OFFER_STATUSES = ['OFFERED', 'ACCEPTED', 'DECLINED', 'EXPIRED', 'WITHDRAWN'] as const;
export type OfferStatus = (typeof OFFER_STATUSES)[number];

/** Steps of a job in their order; a pilot moves one forward at a time. */
export const JOB_STATUSES = ['ASSIGNED', 'ARRIVED', 'PICKED_UP', 'IN_TRANSIT', 'DELIVERED'] as const;
export type JobStatus = (typeof JOB_STATUSES)[number];

/** A booking can be cancelled, and a job given back, only before the package is on board. */
export const CANCELLABLE_STATUSES = ['PENDING', 'ASSIGNED', 'ARRIVED'] as const satisfies BookingStatus[];
export const RELEASABLE_STATUSES = ['ASSIGNED', 'ARRIVED'] as const satisfies BookingStatus[];
/** A job is live in these: the pilot has it and nobody else may be asked. */
export const LIVE_JOB_STATUSES = [
  'ASSIGNED',
  'ARRIVED',
  'PICKED_UP',
  'IN_TRANSIT',
] as const satisfies BookingStatus[];
export const FINAL_STATUSES = ['DELIVERED', 'CANCELLED', 'EXPIRED'] as const satisfies BookingStatus[];
export type FinalStatus = (typeof FINAL_STATUSES)[number];

/** How a search ended; null while it runs. */
export const SEARCH_OUTCOMES = ['assigned', 'no_pilots', 'search_timeout', 'cancelled'] as const;
export type SearchOutcome = (typeof SEARCH_OUTCOMES)[number];

/** Why a search was begun. `by_hand`: an operator assigned a booking whose search had failed. */
export const SEARCH_ORIGINS = ['booking', 'retry', 'release', 'by_hand'] as const;
export type SearchOrigin = (typeof SEARCH_ORIGINS)[number];

/** Which searches an operator looks at; `open`: the booking is PENDING, so searching, offered or failed. */
export const SEARCH_STATES = [
  'open',
  'searching',
  'offered',
  'failed',
  'assigned',
  'cancelled',
  'all',
] as const;
export type SearchState = (typeof SEARCH_STATES)[number];

/** What a look of a search for a pilot came to; `no_one`: nobody could be asked, `held`: its vehicle type is paused. */
export const SEARCH_STEP_KINDS = ['asked', 'no_one', 'contended', 'too_late', 'held'] as const;
export type SearchStepKind = (typeof SEARCH_STEP_KINDS)[number];

/**
 * Why a pilot near by was not asked: `tried` before in this search, `lost_race` against another booking or a
 * refused write, `farther` than the one who was asked.
 */
export const NEAR_PILOT_REASONS = [
  'asked',
  'out_of_radius',
  'gave_it_back',
  'declined',
  'tried',
  'lost_race',
  'other_vehicle',
  'offline',
  'on_job',
  'holding_offer',
  'stale_position',
  'unreachable',
  'cooling_down',
  'implausible',
  'farther',
] as const;
export type NearPilotReason = (typeof NEAR_PILOT_REASONS)[number];

/** What a booking's story tells of; `given`: by hand, `act`: what somebody did, as the audit has it. */
export const STORY_KINDS = [
  'booked',
  'search_started',
  'asked',
  'not_asked',
  'given',
  'search_ended',
  'status',
  'job_given_back',
  'pilot_unreachable',
  'act',
] as const;
export type StoryKind = (typeof STORY_KINDS)[number];

/** What a pilot who is online does; `stale`: whatever it is, his position is too old to count. */
export const PILOT_STATES = ['free', 'offered', 'job', 'stale'] as const;
export type PilotState = (typeof PILOT_STATES)[number];

/** Why a live offer ended without an answer, as the pilot is told. */
export const OFFER_END_REASONS = ['timeout', 'offline', 'search_timeout', 'cancelled', 'reassigned'] as const;
export type OfferEndReason = (typeof OFFER_END_REASONS)[number];

/** Why a job (an accepted offer) ended. */
export const JOB_END_REASONS = ['delivered', 'released', 'cancelled'] as const;
export type JobEndReason = (typeof JOB_END_REASONS)[number];

export const TOKEN_TYPES = ['user', 'pilot', 'admin'] as const;
export type TokenType = (typeof TOKEN_TYPES)[number];

/** True when `value` is one of `words`; narrows the type. */
export function isOneOf<T extends string>(words: readonly T[], value: unknown): value is T {
  return typeof value === 'string' && (words as readonly string[]).includes(value);
}
