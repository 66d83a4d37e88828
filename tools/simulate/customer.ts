/** How a customer goes through with one booking: a failed search is retried once, then it is cancelled. */
import { CallError } from './api.js';
import type { Story } from './story.js';
import { pause } from './time.js';
import type { SimulatedUser } from './user.js';

/** A failed search is retried so often; after that the customer cancels. */
export const RETRIES = 1;
/** Reading the message and tapping takes a moment. */
const THINK_MS = 1_000;
/** Nothing new for so long: the app asks, in case the last event was lost. */
const SILENCE_MS = 10_000;

/** What a customer does when a search has failed for the `failures`th time. */
export type AnswerToFailure = (user: SimulatedUser, bookingId: string, failures: number) => Promise<void>;

/** Follows a booking to its end; returns early when `signal` aborts. Throws CallError. */
export async function goThroughWith(
  user: SimulatedUser,
  story: Story,
  signal: AbortSignal,
  answerFailure: AnswerToFailure = retryThenCancel,
): Promise<void> {
  let handled = 0;
  while (!signal.aborted) {
    const { phase, failures } = story.state;
    if (phase === 'ended') return;
    if (phase === 'failed' && failures.length > handled) {
      handled = failures.length;
      await pause(THINK_MS, signal);
      if (signal.aborted) return;
      await answerFailure(user, story.bookingId, handled);
      continue;
    }
    if ((await waitForNews(story, signal)) === 'silence') await user.sync(story.bookingId);
  }
}

/** A retry, then no more. */
async function retryThenCancel(user: SimulatedUser, bookingId: string, failures: number): Promise<void> {
  try {
    if (failures <= RETRIES) await user.retry(bookingId);
    else await user.cancel(bookingId);
  } catch (error) {
    // An operator was faster, say: what is so will be told by the events.
    if (!(error instanceof CallError) || (error.status !== 409 && error.status !== 404)) throw error;
  }
}

async function waitForNews(story: Story, signal: AbortSignal): Promise<'news' | 'silence'> {
  const news = new AbortController();
  const silence = pause(SILENCE_MS, AbortSignal.any([signal, news.signal]));
  let outcome: 'news' | 'silence' = 'news';
  await story.changed(silence.then((timeOver) => void (outcome = timeOver ? 'silence' : 'news')));
  news.abort();
  return outcome;
}
