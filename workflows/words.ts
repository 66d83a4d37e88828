/** What operators read in the Web UI: a line for each timer and step, and where the booking stands. Pure. */
import type { AnswerFact, OfferStanding, SearchStanding, Standing } from '../contract/activities.js';
import type { SearchLimits } from '../contract/limits.js';
import type { BookingAssignmentInput } from '../contract/workflow.js';

/** Enough of a uuid to tell pilots apart at a glance. */
export function brief(id: string): string {
  return `${id.slice(0, 4)}…`;
}

export function seconds(ms: number): string {
  return `${Math.ceil(ms / 1000)} s`;
}

/** `Offer 3 of 10 · pilot 7f3a… · 30 s`: the timer of an offer. */
export function offerWords(offer: OfferStanding, limits: SearchLimits | undefined): string {
  const maxPilots = mostPilots(limits);
  return `Offer ${offer.number} of ${maxPilots} · pilot ${brief(offer.pilotId)} · ${seconds(offer.remainingMs)}`;
}

/** `Ask driver 3 of 10 · search 2`: the step that claims the next pilot. */
export function claimWords(search: SearchStanding, limits: SearchLimits | undefined): string {
  const maxPilots = mostPilots(limits);
  const next = search.triedPilotIds.length + 1;
  if (maxPilots > 0 && next > maxPilots) return `End search ${search.searchNo} · ${maxPilots} drivers asked`;
  return `Ask driver ${next} of ${maxPilots} · search ${search.searchNo}`;
}

/** One that was started by hand may have no limits: what counts are those in the booking's row. */
function mostPilots(limits: SearchLimits | undefined): number {
  return limits?.maxPilots ?? 0;
}

/** `Wait for a pilot to come free · 20 s`: the timer of a search that asks nobody. */
export function waitWords(until: Extract<Standing, { kind: 'waiting' }>['until'], waitMs: number): string {
  return `${WAITS[until].timer} · ${seconds(waitMs)}`;
}

const WAITS = {
  patience: { timer: 'Wait for a pilot to come free', detail: 'waits for a pilot' },
  search_end: { timer: 'Too late for another offer', detail: 'too late for another offer' },
  resume: { timer: 'Wait for dispatch to go on', detail: 'dispatch of its vehicle type is paused' },
} as const;

/** `Accept by operator · offer 3 · pilot 7f3a…`: the step that settles an offer, with what came by signal. */
export function settleWords(offer: OfferStanding, fact: AnswerFact | undefined): string {
  const why =
    fact === undefined ? 'Settle' : `${fact.answer === 'accept' ? 'Accept' : 'Decline'} by ${fact.by}`;
  return `${why} · offer ${offer.number} · pilot ${brief(offer.pilotId)}`;
}

/** One line: `B-1042 · bike · searching, driver 3`. */
export function headline(standing: Standing, input: BookingAssignmentInput): string {
  const about = `${input.bookingNumber} · ${input.vehicleTypeId}`;
  const tried = standing.search.triedPilotIds.length;
  switch (standing.kind) {
    case 'searching':
      return `${about} · searching, ${tried} asked`;
    case 'offered':
      return `${about} · searching, driver ${standing.offer.number}`;
    case 'waiting':
      return `${about} · nobody to ask now, ${tried} asked`;
    case 'failed':
      return `${about} · ${standing.reason} after ${tried}, waiting for the customer`;
    case 'assigned':
    case 'closed':
      return `${about} · ${standing.status}`;
  }
}

/** The current details: the headline, and below it in Markdown what an operator asks next. */
export function details(standing: Standing, input: BookingAssignmentInput): string {
  const { search } = standing;
  return [
    `**${headline(standing, input)}**`,
    '',
    ...facts(standing),
    `- search ${search.searchNo}: ${search.startedAt === null ? 'not begun' : `from ${search.startedAt}`}` +
      (search.endsAt === null ? '' : ` to ${search.endsAt} at the latest`),
    ...search.triedPilotIds.map((pilotId, n) => `- driver ${n + 1}: \`${pilotId}\``),
  ].join('\n');
}

function facts(standing: Standing): string[] {
  switch (standing.kind) {
    case 'offered': {
      const { offerId, pilotId, expiresAt } = standing.offer;
      return [`- offer \`${offerId}\` to pilot \`${pilotId}\`, until ${expiresAt}`];
    }
    case 'assigned':
      return [`- pilot \`${standing.pilotId}\``];
    case 'waiting':
      return [`- ${WAITS[standing.until].detail}`];
    case 'failed':
      return [
        `- a retry is taken for ${seconds(standing.retryWindowLeftMs)} more, counted from the last step`,
      ];
    case 'searching':
    case 'closed':
      return [];
  }
}
