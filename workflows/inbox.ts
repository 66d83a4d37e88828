/**
 * What reaches a booking's workflow from outside. Handlers record, the loop decides: each validates its
 * input, stores a fact and never throws, since an exception in a handler would wedge the workflow.
 */
import { defineSignal, log, setDefaultSignalHandler, setHandler } from '@temporalio/workflow';
import type { AnswerFact } from '../contract/activities.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/** A signal sent by hand, without a sender's name, is the operator's. */
export const BY_HAND = 'operator';
const LONGEST_NAME = 64;
/** Answers kept at most: one offer is live at a time, and more than a few is a flood. */
const MOST_ANSWERS = 50;

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
}

/**
 * Registers every signal handler. Called before the first await, so that no signal finds nobody.
 *
 * @param mayRetry tells whether the last search has failed, at the moment a signal arrives
 */
export function openInbox(mayRetry: () => boolean): Inbox {
  const inbox: Inbox = { answers: [], cancel: null, retry: null, nudges: 0, read: 0 };
  setHandler(defineSignal<[unknown]>('accept'), (input) => recordAnswer(inbox, 'accept', input));
  setHandler(defineSignal<[unknown]>('decline'), (input) => recordAnswer(inbox, 'decline', input));
  setHandler(defineSignal<[unknown]>('cancel'), (input) => {
    inbox.cancel = senderOf(input);
  });
  setHandler(defineSignal<[unknown]>('retry'), (input) => {
    // With a number the rows have begun that search already: this only says so. By hand there is none.
    if (isRecord(input) && typeof input['searchNo'] === 'number') inbox.nudges += 1;
    else if (mayRetry()) inbox.retry = senderOf(input);
    else log.warn('retry ignored: no search has failed');
  });
  setHandler(defineSignal<[unknown]>('nudge'), () => {
    inbox.nudges += 1;
  });
  setDefaultSignalHandler((name) => {
    log.warn('unknown signal ignored', { signal: name.slice(0, LONGEST_NAME) });
  });
  return inbox;
}

/** The first answer to this offer by its own pilot; answers to any other offer are dropped. */
export function takeAnswer(
  inbox: Inbox,
  offer: { offerId: string; pilotId: string },
): AnswerFact | undefined {
  const [fact, ...others] = inbox.answers.filter((one) => answers(one, offer));
  for (const stale of inbox.answers.filter((one) => !answers(one, offer)))
    // A tap's own signal often comes after its row was read: only one sent by hand is worth a warning.
    log[stale.by === 'pilot' ? 'debug' : 'warn']('answer ignored: not to the live offer', {
      signal: stale.answer,
      offerId: stale.offerId,
    });
  inbox.answers = others;
  return fact;
}

/** Has an answer to this offer come in? */
export function hasAnswer(inbox: Inbox, offer: { offerId: string; pilotId: string }): boolean {
  return inbox.answers.some((one) => answers(one, offer));
}

/** Nothing waits to be dealt with: a new run may begin without losing anything. */
export function isEmpty(inbox: Inbox): boolean {
  return inbox.cancel === null && inbox.retry === null && inbox.answers.length === 0;
}

function answers(fact: AnswerFact, offer: { offerId: string; pilotId: string }): boolean {
  return fact.offerId === offer.offerId && fact.pilotId === offer.pilotId;
}

function recordAnswer(inbox: Inbox, answer: AnswerFact['answer'], input: unknown): void {
  if (!isRecord(input) || !isUuid(input['offerId']) || !isUuid(input['pilotId'])) {
    log.warn('signal ignored: offerId and pilotId must be uuids', { signal: answer });
    return;
  }
  const fact = {
    answer,
    offerId: input['offerId'].toLowerCase(),
    pilotId: input['pilotId'].toLowerCase(),
    by: senderOf(input),
  };
  const known = inbox.answers.some((one) => one.answer === answer && answers(one, fact));
  if (!known && inbox.answers.length < MOST_ANSWERS) inbox.answers.push(fact);
}

function senderOf(input: unknown): string {
  const by = isRecord(input) ? input['by'] : undefined;
  return typeof by === 'string' && by !== '' ? by.slice(0, LONGEST_NAME) : BY_HAND;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isUuid(value: unknown): value is string {
  return typeof value === 'string' && UUID.test(value);
}
