/** A booking's rows as one story in the order of time. Pure. */
import type { StoryStep } from '../contract/operator-shapes.js';
import type { EventRow } from '../database/statements/events.js';
import type { AuditRow } from '../database/statements/records.js';
import type { SearchStepRow } from '../database/statements/search-steps.js';
import type { StoryOfferRow, StorySearchRow } from '../database/statements/story.js';
import { roundKm } from '../contract/geo.js';
import { toAuditEntry } from './audit.js';

export interface StoryRows {
  createdAt: Date;
  searches: StorySearchRow[];
  offers: StoryOfferRow[];
  steps: SearchStepRow[];
  events: EventRow[];
  acts: AuditRow[];
}

type Told = Pick<StoryStep, 'kind'> & Partial<Omit<StoryStep, 'at' | 'afterMs'>> & { when: Date };

/** What happened, oldest first; at the same moment in the order in which it must have happened. */
export function tellStory(rows: StoryRows): StoryStep[] {
  const told: Told[] = [
    { kind: 'booked', when: rows.createdAt },
    ...rows.acts.map(ofAct),
    ...rows.events.flatMap(ofEvent),
    ...rows.searches.flatMap(startOf),
    ...rows.steps.filter((step) => step.kind !== 'asked').map(ofLook),
    ...rows.offers.map((offer) => ofOffer(offer, rows.steps)),
    ...rows.searches.flatMap(endOf),
  ];
  return told
    .sort((a, b) => a.when.getTime() - b.when.getTime())
    .map(({ when, ...rest }) => ({
      ...BLANK,
      ...rest,
      at: when.toISOString(),
      afterMs: Math.max(0, when.getTime() - rows.createdAt.getTime()),
    }));
}

const BLANK = {
  tookMs: null,
  searchNo: null,
  pilot: null,
  pilotNumber: null,
  distanceKm: null,
  answer: null,
  detail: null,
  by: null,
  reason: null,
  times: null,
  lookedAt: null,
  candidates: null,
  near: [],
} satisfies Partial<StoryStep>;

function took(from: Date, to: Date | null): number | null {
  return to === null ? null : Math.max(0, to.getTime() - from.getTime());
}

/** A search that ended before its workflow began it had no time of its own. */
function startOf({ search_no, origin, created_at, started_at }: StorySearchRow): Told[] {
  if (started_at === null) return [];
  const tookMs = took(created_at, started_at);
  return [{ kind: 'search_started', when: started_at, searchNo: search_no, detail: origin, tookMs }];
}

function endOf({ search_no, outcome, started_at, created_at, ended_at }: StorySearchRow): Told[] {
  if (ended_at === null) return [];
  const tookMs = took(started_at ?? created_at, ended_at);
  return [{ kind: 'search_ended', when: ended_at, searchNo: search_no, detail: outcome, tookMs }];
}

/** What one look of a search saw, where it is still kept. */
function seenIn(step: SearchStepRow | undefined): Partial<Told> {
  if (step === undefined) return {};
  return {
    lookedAt: step.looked_at,
    candidates: step.candidates,
    near: step.reasons.map(({ pilotId, pilotName, km, reason }) => ({
      pilot: { id: pilotId, name: pilotName },
      distanceKm: km,
      reason,
    })),
  };
}

function ofLook(step: SearchStepRow): Told {
  const { at, kind, search_no: searchNo, times } = step;
  return { kind: 'not_asked', when: at, searchNo, detail: kind, times, ...seenIn(step) };
}

/** An offer, or (number 0) a job given by hand. */
function ofOffer(offer: StoryOfferRow, steps: SearchStepRow[]): Told {
  const byHand = offer.number === 0;
  const answeredAt = offer.accepted_at ?? offer.ended_at;
  return {
    kind: byHand ? 'given' : 'asked',
    when: offer.offered_at,
    searchNo: offer.search_no,
    pilot: { id: offer.pilot_id, name: offer.pilot_name },
    pilotNumber: byHand ? null : offer.number,
    distanceKm: roundKm(offer.distance_km),
    answer: offer.status,
    detail: offer.status === 'WITHDRAWN' ? offer.end_reason : null,
    tookMs: byHand ? null : took(offer.offered_at, answeredAt),
    ...seenIn(steps.find((step) => step.offer_id === offer.id)),
  };
}

/** Of the events those that no other row tells. */
function ofEvent({ event, payload, at }: EventRow): Told[] {
  switch (event) {
    case 'booking:status':
      return [{ kind: 'status', when: at, detail: String(payload['status']) }];
    case 'booking:cancelled':
      return [{ kind: 'status', when: at, detail: 'CANCELLED' }];
    case 'booking:driver_released':
      return [{ kind: 'job_given_back', when: at }];
    case 'booking:driver_unreachable':
      return [{ kind: 'pilot_unreachable', when: at }];
    default:
      return [];
  }
}

function ofAct(row: AuditRow): Told {
  const { actor, actorType, action, reason } = toAuditEntry(row);
  const by = actorType === null ? actor : `${actorType} ${actor}`;
  return { kind: 'act', when: row.at, detail: action, by, reason };
}
