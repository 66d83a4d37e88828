/**
 * The story of one booking, from the tap to the door: who is asked next, for how long, and when to stop.
 * Postgres holds the truth; every activity answers with where the booking stands by its rows, and the
 * story follows that answer, never its own idea of who won a race.
 */
import {
  ApplicationFailure,
  CancellationScope,
  condition,
  continueAsNew,
  log,
  proxyLocalActivities,
  uuid4,
  workflowInfo,
} from '@temporalio/workflow';
import { BY_TAP, type BookingAssignmentActivities, type Standing } from '../contract/activities.js';
import type { BookingAssignmentInput, BookingAssignmentResult } from '../contract/workflow.js';
import { openBoard } from './board.js';
import {
  BY_HAND,
  dropAnswers,
  dropRetry,
  hasAnswer,
  isEmpty,
  openInbox,
  takeAnswer,
  type Inbox,
} from './inbox.js';
import { readable } from './tolerant-payload-converter.js';
import { brief, claimWords, offerWords, seconds, settleWords, waitWords } from './words.js';

const activities = proxyLocalActivities<BookingAssignmentActivities>({
  // One transaction takes milliseconds and Postgres ends a stuck one at 2.5 s.
  startToCloseTimeout: '3s',
  // A database that is away comes back: without end, and soon enough that an offer's end is not late.
  retry: { initialInterval: '200ms', backoffCoefficient: 1.5, maximumInterval: '1s' },
  // Beyond that the retries wait on timers. Tried again and again within one workflow task they outlast it on a busy
  // machine, its successor comes to the same worker, and the SDK records a history that does not replay (decision 18).
  localRetryThreshold: '400ms',
});

/** What the steps of the story share. */
interface Story {
  input: BookingAssignmentInput;
  inbox: Inbox;
}

/** Runs for a booking's whole life; ends when it is delivered, cancelled or expired. */
export async function bookingAssignment(input: BookingAssignmentInput): Promise<BookingAssignmentResult> {
  // Started by hand with nothing: it ends, and leaves its id to the booking's own.
  const given: unknown = readable(input);
  if (typeof given !== 'object' || given === null)
    throw ApplicationFailure.nonRetryable('the input is no object', 'bad_input');
  const board = openBoard(input);
  const inbox = openInbox(() => (board.known ? board.standing : null));
  // Temporal's own Cancel is an operator's cancel: a wish like any other, judged by the rows.
  CancellationScope.current().cancelRequested.catch(() => {
    inbox.cancel = BY_HAND;
  });
  return CancellationScope.nonCancellable(async () => {
    const story: Story = { input, inbox };
    for (;;) {
      const { standing } = board;
      if (standing.kind === 'closed') return { bookingId: input.bookingId, status: standing.status };
      if (mayStartAfresh(story, standing)) await continueAsNew<typeof bookingAssignment>(input);
      board.show(await nextStanding(story, standing));
      // A retry by hand is for a search that has failed; one that came too early or twice is over.
      if (board.standing.kind !== 'failed') dropRetry(inbox);
    }
  });
}

/** A long life gets a new run while no search runs; it reads from the rows where things stand. */
function mayStartAfresh({ inbox }: Story, standing: Standing): boolean {
  const atRest = standing.kind === 'failed' || standing.kind === 'assigned';
  return atRest && workflowInfo().continueAsNewSuggested && isEmpty(inbox);
}

function nextStanding(story: Story, standing: Exclude<Standing, { kind: 'closed' }>): Promise<Standing> {
  switch (standing.kind) {
    case 'searching':
      return askNextPilot(story, standing);
    case 'offered':
      return awaitAnswer(story, standing);
    case 'waiting':
      return awaitPilots(story, standing);
    case 'failed':
      return awaitRetry(story, standing);
    case 'assigned':
      return followJob(story, standing);
  }
}

/** The best available pilot is asked; the search begins with the first. */
async function askNextPilot(story: Story, { search }: Standing): Promise<Standing> {
  const cancelled = await applyCancel(story);
  if (cancelled !== null) return cancelled;
  const { bookingId, limits } = story.input;
  return step(story, claimWords(search, limits), (options) =>
    activities.claimNextPilot.executeWithOptions(options, [{ bookingId, offerId: uuid4() }]),
  );
}

/** The pilot has until the offer's end; whatever comes first is settled by the rows. */
async function awaitAnswer(
  story: Story,
  standing: Extract<Standing, { kind: 'offered' }>,
): Promise<Standing> {
  const { inbox, input } = story;
  const { offer } = standing;
  const summary = offerWords(offer, input.limits);
  await waitFor(story, offer.remainingMs, summary, () => hasAnswer(inbox, offer));
  const cancelled = await applyCancel(story);
  if (cancelled !== null) return cancelled;
  const fact = takeAnswer(inbox, offer);
  if (fact?.answer === 'decline' && fact.by === BY_TAP) {
    // The tap has ended the offer itself: the next pilot can be asked at once.
    const next = await askNextPilot(story, standing);
    if (next.kind !== 'offered' || next.offer.offerId !== offer.offerId) return next;
  }
  const asked = { bookingId: input.bookingId, offerId: offer.offerId };
  return step(story, settleWords(offer, fact), (options) =>
    activities.settleOffer.executeWithOptions(options, [fact === undefined ? asked : { ...asked, fact }]),
  );
}

/** Nobody to ask: until somebody comes free, or patience or the search ends. */
async function awaitPilots(
  story: Story,
  standing: Extract<Standing, { kind: 'waiting' }>,
): Promise<Standing> {
  const { waitMs, until } = standing;
  await waitFor(story, waitMs, waitWords(until, waitMs));
  return askNextPilot(story, standing);
}

/** The customer may retry or cancel; after the retry window the booking expires. */
async function awaitRetry(
  story: Story,
  { retryWindowLeftMs, search }: Extract<Standing, { kind: 'failed' }>,
): Promise<Standing> {
  const { inbox } = story;
  const { bookingId } = story.input;
  dropAnswers(inbox);
  const summary = `Retry window · ${seconds(retryWindowLeftMs)}`;
  const woken = await waitFor(story, retryWindowLeftMs, summary, () => inbox.retry !== null);
  const cancelled = await applyCancel(story);
  if (cancelled !== null) return cancelled;
  if (!woken)
    return step(story, 'Expire · nobody retried', (options) =>
      activities.expireBooking.executeWithOptions(options, [{ bookingId }]),
    );
  if (inbox.retry === null) return readRows(story, `after search ${search.searchNo}`);
  const by = inbox.retry;
  inbox.retry = null;
  return step(story, `Retry by ${by} · after search ${search.searchNo}`, (options) =>
    activities.retrySearch.executeWithOptions(options, [{ bookingId, by, afterSearchNo: search.searchNo }]),
  );
}

/** A pilot has the job: until it is delivered, given back or cancelled. */
async function followJob(
  story: Story,
  { pilotId }: Extract<Standing, { kind: 'assigned' }>,
): Promise<Standing> {
  dropAnswers(story.inbox);
  await waitFor(story, null, '');
  const cancelled = await applyCancel(story);
  return cancelled ?? readRows(story, `job of pilot ${brief(pilotId)}`);
}

/** A cancel that came by signal is judged by the rows; null when there is none. */
async function applyCancel(story: Story): Promise<Standing | null> {
  const { inbox, input } = story;
  if (inbox.cancel === null) return null;
  const by = inbox.cancel;
  inbox.cancel = null;
  const standing = await step(story, `Cancel by ${by}`, (options) =>
    activities.cancelBooking.executeWithOptions(options, [{ bookingId: input.bookingId, by }]),
  );
  if (standing.kind !== 'closed')
    log.warn('cancel ignored: the booking cannot be cancelled any more', { signal: 'cancel' });
  return standing;
}

function readRows(story: Story, where: string): Promise<Standing> {
  return step(story, `Read the rows · ${where}`, (options) =>
    activities.readStanding.executeWithOptions(options, [{ bookingId: story.input.bookingId }]),
  );
}

/**
 * Does an activity, with a summary for the Web UI. What is nudged while it runs may be too late for it: the next
 * wait must not miss it.
 */
async function step(
  { inbox }: Story,
  summary: string,
  activity: (options: { summary: string }) => Promise<Standing>,
): Promise<Standing> {
  inbox.read = inbox.nudges;
  inbox.reading = true;
  try {
    return readable(await activity({ summary }));
  } finally {
    inbox.reading = false;
  }
}

/**
 * Waits for a cancel, a nudge or `wake`, for `ms` at most (null: without end). The timer is durable.
 *
 * @returns true when woken, false when the time is over
 */
async function waitFor(
  { inbox }: Story,
  ms: number | null,
  summary: string,
  wake: () => boolean = () => false,
): Promise<boolean> {
  const woken = (): boolean => inbox.cancel !== null || inbox.nudges !== inbox.read || wake();
  if (ms !== null) return condition(woken, Math.max(1, Math.ceil(ms)), { summary });
  await condition(woken);
  return true;
}
