/**
 * The rules of one booking's search, fixed when the booking is made (a later change of the
 * configuration touches new bookings only). Every name carries its unit.
 */
export interface SearchLimits {
  /** How long a pilot has to answer, milliseconds. */
  offerTimeoutMs: number;
  /** How long one search lasts at most, milliseconds. */
  searchTimeoutMs: number;
  /** Pilots tried in one search at most. */
  maxPilots: number;
  /** The first radius, great-circle kilometres. */
  searchRadiusKm: number;
  /** The wider radius, used only when the first holds no available pilot. */
  maxRadiusKm: number;
  /** With nobody left to ask, how long to wait for pilots to come free or online. */
  searchPatienceMs: number;
  /** A position received longer ago than this does not count. */
  pilotStaleMs: number;
  /** After a failed search, how long the user may retry. */
  retryWindowMs: number;
}

export const DEFAULT_LIMITS: SearchLimits = {
  offerTimeoutMs: 30_000,
  searchTimeoutMs: 120_000,
  maxPilots: 10,
  searchRadiusKm: 5,
  maxRadiusKm: 15,
  searchPatienceMs: 0,
  pilotStaleMs: 60_000,
  retryWindowMs: 1_800_000,
};

/** No offer is made with less than this left of the search (rule 9), milliseconds. */
export const SHORTEST_OFFER_MS = 1_000;
/** A pilot counts as reachable this long after his socket or his poll was last alive, milliseconds. */
export const REACHABLE_MS = 10_000;
/** Giving back this many jobs within the window cools a pilot down for as long again. */
export const RELEASES_BEFORE_COOLDOWN = 3;
export const COOLDOWN_MS = 600_000;
/** A jump of more than this distance at more than this speed is not believed for a minute. */
export const IMPLAUSIBLE_JUMP_KM = 50;
export const IMPLAUSIBLE_SPEED_KPH = 1_000;
export const IMPLAUSIBLE_MS = 60_000;
/** A pilot on a job without a position for this long is unreachable (rule 12), milliseconds. */
export const DEFAULT_JOB_STALE_MS = 180_000;
/** An `Idempotency-Key` is remembered this long, milliseconds. */
export const IDEMPOTENCY_MS = 86_400_000;
/** An offer that no app has shown within this time is counted as undelivered, milliseconds. */
export const OFFER_RECEIPT_MS = 2_500;
/** Why a search asked whom is kept this long, milliseconds. */
export const SEARCH_STEPS_KEPT_MS = 30 * 86_400_000;
/** Simulated pilots of one API process at most, and of one call. */
export const MOST_DEMO_PILOTS = 200;
export const MOST_DEMO_PILOTS_AT_ONCE = 50;
/** Assumed speed in the city for arrival times, km/h; a plain estimate, stated as such to clients. */
export const ETA_SPEED_KPH = 25;

export const TEXT_LIMITS = {
  address: 300,
  description: 500,
  note: 500,
  reason: 300,
  name: 100,
  phone: 32,
  url: 500,
  id: 40,
} as const;
export const BODY_LIMIT_BYTES = 65_536;
