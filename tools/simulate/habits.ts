/** What makes one simulated pilot differ from another, and what he has done. */
import type { LatLng } from '../../contract/geo.js';
import type { PilotEvents } from '../../contract/shapes.js';
import type { Random } from './random.js';
import type { AnswerShares } from './shares.js';

export interface PilotHabits {
  answers: AnswerShares;
  /** Mean time to answer, milliseconds. */
  answerMs: number;
  /** How far an answer's time may be from its mean, as a part of it; 0.75 unless told. */
  answerSpread?: number;
  /** From accept to delivered, milliseconds. */
  jobMs: number;
  /** Between two positions, milliseconds. */
  locationMs: number;
  /** Speed without a job, kilometres an hour. */
  kph: number;
  /** Where he starts. */
  home: LatLng;
  /** Draws the next place he wanders to. */
  wanderTo: () => LatLng;
  /** His own stream for answers, so that a seed means the same answers whatever the network does. */
  random: Random;
  /** Share of jobs that he gives back on his way to the pickup; none unless told. */
  givesBack?: number;
  /** His phone's clock, epoch milliseconds, which may be wrong; this machine's unless told. */
  now?: () => number;
  /** Each offer as it came, also one that came before. */
  onOffer?: (offer: PilotEvents['booking:offer']) => void;
}

/** What a pilot did; for reports. */
export interface PilotCounts {
  offers: number;
  accepted: number;
  declined: number;
  silent: number;
  /** His answer came too late, or what he answered was gone: 409 or 404. */
  refused: number;
  delivered: number;
  /** Positions or receipts that the system did not acknowledge with `ok`. */
  unacknowledged: number;
}

/** Of a pilot who has done nothing yet. */
export function newCounts(): PilotCounts {
  return { offers: 0, accepted: 0, declined: 0, silent: 0, refused: 0, delivered: 0, unacknowledged: 0 };
}
