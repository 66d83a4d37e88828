/** A booking's story in words. Pure. */
import type { NearPilotReason, SearchStepKind } from '../../contract/words.js';
import type { StoryStep } from '../../contract/operator-shapes.js';
import { distance } from '../kit/format.js';
import type { Tone } from '../kit/controls.js';

export const NEAR_WORDS: Readonly<Record<NearPilotReason, string>> = {
  asked: 'was asked',
  out_of_radius: 'too far away',
  gave_it_back: 'gave this booking back',
  declined: 'had declined',
  tried: 'was asked before',
  lost_race: 'was just taken by another',
  other_vehicle: 'other vehicle',
  offline: 'offline',
  on_job: 'on a job',
  holding_offer: 'held another offer',
  stale_position: 'position too old',
  unreachable: 'not reachable',
  cooling_down: 'gave back too many jobs',
  implausible: 'implausible position',
  farther: 'free, but farther away',
};

const LOOK_WORDS: Readonly<Record<SearchStepKind, string>> = {
  asked: 'Driver asked',
  no_one: 'Nobody could be asked',
  contended: 'Others searched here at the same time',
  too_late: 'Too late for another offer',
  held: 'Dispatch is paused',
};

const ANSWER_WORDS = {
  OFFERED: { words: 'is being asked', tone: 'warning' },
  ACCEPTED: { words: 'accepted', tone: 'success' },
  DECLINED: { words: 'declined', tone: 'plain' },
  EXPIRED: { words: 'did not answer', tone: 'plain' },
  WITHDRAWN: { words: 'offer withdrawn', tone: 'plain' },
} as const;

const OUTCOME_WORDS: Readonly<Record<string, string>> = {
  assigned: 'found a driver',
  no_pilots: 'found no driver',
  search_timeout: 'ran out of time',
  cancelled: 'was cancelled',
};

/** `0.4 s`, `12 s`, `2 min 5 s`. */
export function lasting(ms: number): string {
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return seconds < 120 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** What a step is called. */
export function stepWords(step: StoryStep): { words: string; tone: Tone } {
  const who = step.pilot?.name ?? '';
  switch (step.kind) {
    case 'booked':
      return { words: 'Booked', tone: 'plain' };
    case 'search_started':
      return { words: `Search ${step.searchNo ?? ''} began`, tone: 'primary' };
    case 'asked': {
      const { words, tone } = ANSWER_WORDS[step.answer ?? 'OFFERED'];
      return { words: `${who} ${words}`, tone };
    }
    case 'given':
      return { words: `Given to ${who} by hand`, tone: 'success' };
    case 'not_asked':
      return { words: LOOK_WORDS[(step.detail ?? 'no_one') as SearchStepKind], tone: 'error' };
    case 'search_ended':
      return {
        words: `Search ${step.searchNo ?? ''} ${OUTCOME_WORDS[step.detail ?? ''] ?? 'ended'}`,
        tone: 'info',
      };
    case 'status':
      return { words: step.detail ?? '', tone: 'info' };
    case 'job_given_back':
      return { words: 'Job given back', tone: 'warning' };
    case 'pilot_unreachable':
      return { words: 'Driver unreachable', tone: 'error' };
    case 'act':
      return { words: `In the audit: ${step.detail ?? ''}`, tone: 'warning' };
  }
}

/** What else is to be said of it, in one line. */
export function stepFacts(step: StoryStep): string {
  const facts = [
    step.pilotNumber === null ? '' : `driver ${step.pilotNumber}`,
    step.distanceKm === null ? '' : distance(step.distanceKm),
    step.tookMs === null ? '' : `took ${lasting(step.tookMs)}`,
    step.candidates === null ? '' : `${step.candidates} of ${step.lookedAt ?? 0} near could be asked`,
    step.times === null || step.times === 1 ? '' : `${step.times} times`,
    step.kind === 'asked' && step.detail !== null ? step.detail.replaceAll('_', ' ') : '',
    step.by === null ? '' : `by ${step.by}`,
    step.reason === null ? '' : `“${step.reason}”`,
  ];
  return facts.filter((fact) => fact !== '').join(' · ');
}
