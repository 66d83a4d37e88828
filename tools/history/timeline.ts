/** A history as a story: what happened when, and which pilot held an offer for how long. Pure. */
import { attributesOf, inWords, shortType, type EntryKind } from './events-in-words.js';
import { localActivityOf } from './markers.js';
import { textOf, valuesOf } from './payloads.js';
import type { HistoryEvent, RecordedHistory } from './recorded.js';

export interface Entry {
  eventId: string;
  /** Milliseconds since 1970. */
  at: number;
  /** Milliseconds since the history began. */
  sinceMs: number;
  kind: EntryKind;
  title: string;
  detail: string;
}

/** One pilot being asked, as the workflow saw it. */
export interface OfferSpan {
  number: number;
  offerId: string;
  pilotId: string;
  fromMs: number;
  /** The history's end for one that is live still. */
  toMs: number;
  /** Why it ended, by what came right before. */
  end: string;
}

export interface Timeline {
  bookingId: string;
  bookingNumber: string;
  vehicleTypeId: string;
  startedAt: number;
  lengthMs: number;
  /** `running` for a history without an end. */
  state: string;
  entries: Entry[];
  offers: OfferSpan[];
}

interface Offered {
  kind?: string;
  offer?: { offerId: string; pilotId: string; number: number };
}

/** Makes the story of one history; texts in it hold no control characters. */
export function timelineOf({ events }: RecordedHistory): Timeline {
  const [first] = events;
  const last = events.at(-1);
  if (first === undefined || last === undefined) throw new Error('a history without events');
  const startedAt = Date.parse(first.eventTime);
  const entries = events.map((event) => entryOf(event, startedAt));
  const lengthMs = Math.max(...entries.map((one) => one.sinceMs));
  const input = inputOf(first);
  return {
    bookingId: textOf(input['bookingId'] ?? 'unknown'),
    bookingNumber: textOf(input['bookingNumber'] ?? ''),
    vehicleTypeId: textOf(input['vehicleTypeId'] ?? ''),
    startedAt,
    lengthMs,
    state: stateOf(last),
    entries,
    offers: offersOf(events, startedAt, lengthMs),
  };
}

function entryOf(event: HistoryEvent, startedAt: number): Entry {
  const at = Date.parse(event.eventTime);
  return { eventId: String(event.eventId), at, sinceMs: at - startedAt, ...inWords(event) };
}

function inputOf(first: HistoryEvent): Record<string, unknown> {
  const [input] = valuesOf(attributesOf(first)['input'] as never);
  return typeof input === 'object' && input !== null ? (input as Record<string, unknown>) : {};
}

function stateOf(last: HistoryEvent): string {
  const type = shortType(last);
  const over = /^WORKFLOW_EXECUTION_(COMPLETED|FAILED|TERMINATED|CANCELED|TIMED_OUT|CONTINUED_AS_NEW)$/;
  return over.exec(type)?.[1]?.toLowerCase().replaceAll('_', ' ') ?? 'running';
}

/** An offer is live from the answer that tells of it to the first answer that tells of another standing. */
function offersOf(events: HistoryEvent[], startedAt: number, lengthMs: number): OfferSpan[] {
  const spans: OfferSpan[] = [];
  let live: OfferSpan | undefined;
  let cause = '';
  for (const event of events) {
    cause = causeOf(event) ?? cause;
    const activity = localActivityOf(event);
    if (activity === null || activity.failure !== null) continue;
    const at = (activity.answeredAt ?? Date.parse(event.eventTime)) - startedAt;
    const { kind, offer } = (activity.answer ?? {}) as Offered;
    if (kind === undefined) continue;
    if (live !== undefined && (kind !== 'offered' || offer?.offerId !== live.offerId)) {
      Object.assign(live, { toMs: at, end: `${cause}; then ${textOf(kind)}` });
      live = undefined;
    }
    if (kind !== 'offered' || offer === undefined || live !== undefined) continue;
    const { number, offerId, pilotId } = offer;
    live = {
      number: Number(number),
      offerId: textOf(offerId),
      pilotId: textOf(pilotId),
      fromMs: at,
      toMs: lengthMs,
      end: 'live at the end of the history',
    };
    spans.push(live);
    cause = 'rows were read';
  }
  return spans;
}

function causeOf(event: HistoryEvent): string | undefined {
  const type = shortType(event);
  if (type === 'TIMER_FIRED') return 'timer fired';
  if (type === 'WORKFLOW_EXECUTION_CANCEL_REQUESTED') return "Temporal's Cancel";
  if (type !== 'WORKFLOW_EXECUTION_SIGNALED') return undefined;
  return `signal ${textOf(attributesOf(event)['signalName'])}`;
}
