/**
 * What reaches a booking's workflow from outside. Handlers record, the loop decides: each validates its
 * input, stores a fact and never throws, since an exception in a handler would wedge the workflow.
 */
import { defineSignal, log, setDefaultSignalHandler, setHandler } from '@temporalio/workflow';
import { BY_TAP, type AnswerFact, type Standing } from '../contract/activities.js';
import { isUuid } from '../contract/workflow.js';

/** A signal sent by hand, without a sender's name, is the operator's. */
export const BY_HAND = 'operator';
const LONGEST_NAME = 64;
/** Answers kept at most: one offer is live at a time, and more than a few is a flood. */
const MOST_ANSWERS = 50;
const NOT_FAILED = 'retry ignored: no search has failed';

/** What waits to be dealt with by the loop. */
export interface Inbox {
  answers: AnswerFact[];
  /** Who asked to cancel. */
  cancel: string | null;
  /** Who asked by hand to search again; recorded only while the last search has failed. */
  retry: string | null;
  /** Counts everything that says "read the rows". */
  nudges: number;
  /** How many nudges the last reading of the rows has seen. */
  read: number;
  /** An activity is under way: what is known of the booking may be over. */
  reading: boolean;
}

/**
 * Registers every signal handler. Called before the first await, so that no signal finds nobody.
 *
 * @param current what is known of the booking when a signal arrives; null before the rows were first read
 */
export function openInbox(current: () => Standing | null): Inbox {
  const inbox: Inbox = { answers: [], cancel: null, retry: null, nudges: 0, read: 0, reading: false };
  setHandler(defineSignal<[unknown]>('accept'), (input) => recordAnswer(inbox, current(), 'accept', input));
  setHandler(defineSignal<[unknown]>('decline'), (input) => recordAnswer(inbox, current(), 'decline', input));
  setHandler(defineSignal<[unknown]>('cancel'), (input) => {
    const by = senderOf(input);
    if (by === null) log.warn('signal ignored: it holds by, a text, or nothing', { signal: 'cancel' });
    else inbox.cancel = by;
  });
  setHandler(defineSignal<[unknown]>('retry'), (input) => recordRetry(inbox, current(), input));
  setHandler(defineSignal<[unknown]>('nudge'), (input) => {
    // Whatever it holds, reading the rows once more changes nothing.
    if (senderOf(input) === null) log.warn('signal holds what a nudge does not', { signal: 'nudge' });
    inbox.nudges += 1;
  });
  setDefaultSignalHandler((name) => {
    log.warn('unknown signal ignored', { signal: shortName(name) });
  });
  return inbox;
}

/** Of a name that anybody may choose, as much as a log line has room for. */
export function shortName(name: string): string {
  return name.slice(0, LONGEST_NAME);
}

/** The first answer to this offer by its own pilot; answers to any other offer are dropped. */
export function takeAnswer(
  inbox: Inbox,
  offer: { offerId: string; pilotId: string },
): AnswerFact | undefined {
  const [fact, ...others] = inbox.answers.filter((one) => answers(one, offer));
  for (const stale of inbox.answers.filter((one) => !answers(one, offer))) sayStale(stale);
  inbox.answers = others;
  return fact;
}

/** Has an answer to this offer come in? */
export function hasAnswer(inbox: Inbox, offer: { offerId: string; pilotId: string }): boolean {
  return inbox.answers.some((one) => answers(one, offer));
}

/** No offer is live, nor will one that these could answer come again: they are dropped. */
export function dropAnswers(inbox: Inbox): void {
  for (const stale of inbox.answers) sayStale(stale);
  inbox.answers = [];
}

/** A retry that waits although no search has failed, since it came before anything was known, is dropped. */
export function dropRetry(inbox: Inbox): void {
  if (inbox.retry !== null) log.warn(NOT_FAILED, { signal: 'retry' });
  inbox.retry = null;
}

/** Nothing waits to be dealt with: a new run may begin without losing anything. */
export function isEmpty(inbox: Inbox): boolean {
  return inbox.cancel === null && inbox.retry === null && inbox.answers.length === 0;
}

function answers(fact: AnswerFact, offer: { offerId: string; pilotId: string }): boolean {
  return fact.offerId === offer.offerId && fact.pilotId === offer.pilotId;
}

function recordAnswer(
  inbox: Inbox,
  standing: Standing | null,
  answer: AnswerFact['answer'],
  input: unknown,
): void {
  const by = senderOf(input);
  if (by === null || !isRecord(input) || !isUuid(input['offerId']) || !isUuid(input['pilotId'])) {
    log.warn('signal ignored: offerId and pilotId must be uuids', { signal: answer });
    return;
  }
  const fact = {
    answer,
    offerId: input['offerId'].toLowerCase(),
    pilotId: input['pilotId'].toLowerCase(),
    by,
  };
  if (!inbox.reading && standing?.kind === 'offered' && !answers(fact, standing.offer)) {
    sayStale(fact);
    return;
  }
  // Kept all the same, and dropped by the loop: histories hold runs in which it was.
  if (!inbox.reading && standing !== null && standing.kind !== 'offered') sayStale(fact);
  const known = inbox.answers.some((one) => one.answer === answer && answers(one, fact));
  if (known) return;
  inbox.answers.push(fact);
  // While an offer is being made nobody can tell which answer fits: the latest are kept.
  if (inbox.answers.length > MOST_ANSWERS) inbox.answers.shift();
}

/** A tap's own signal often comes after its row was read: only one sent by hand is worth a warning. */
function sayStale(fact: AnswerFact): void {
  log[fact.by === BY_TAP ? 'debug' : 'warn']('answer ignored: not to the live offer', {
    signal: fact.answer,
    offerId: fact.offerId,
  });
}

/**
 * With a number the rows have begun that search already: the signal only says so. By hand there is none:
 * then it counts while the last search has failed, or while nobody knows yet.
 */
function recordRetry(inbox: Inbox, standing: Standing | null, input: unknown): void {
  const by = senderOf(input);
  if (by === null) log.warn('signal ignored: it holds by, a text, or nothing', { signal: 'retry' });
  else if (isRecord(input) && typeof input['searchNo'] === 'number') inbox.nudges += 1;
  else if (standing === null || standing.kind === 'failed') inbox.retry = by;
  else log.warn(NOT_FAILED, { signal: 'retry' });
}

/** Who sent it; the operator where it does not say. Null for what does not fit or cannot be decoded. */
function senderOf(input: unknown): string | null {
  if (input === undefined || input === null) return BY_HAND;
  if (!isRecord(input) || input['undecodable'] === true) return null;
  const by = input['by'];
  if (by === undefined || by === null || by === '') return BY_HAND;
  // It goes into the audit, and Postgres takes no text with a NUL: the step would be tried again for ever.
  return typeof by === 'string' && !by.includes('\u0000') ? shortName(by) : null;
}

/** An object with fields: no array, nor the bytes that a payload of `binary/plain` is. */
function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}
