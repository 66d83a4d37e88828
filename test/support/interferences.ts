/** The activities of a stage: the real ones, and what a test does around them. */
import { ApplicationFailure } from '@temporalio/common';
import type { BookingAssignmentActivities } from '../../contract/activities.js';

export type ActivityName = keyof BookingAssignmentActivities;

/** What a test does around an activity's body; it may throw, as a driver does. */
export interface Interference {
  before?: () => Promise<void> | void;
  after?: () => Promise<void> | void;
}

/** A run that waits where it was held. */
interface Held {
  reached: Promise<void>;
  release: () => void;
}

export class Interferences {
  /** Runs of activities that were begun, in order. */
  readonly runs: { name: ActivityName; bookingId: string }[] = [];
  private readonly wanted = new Map<ActivityName, Interference>();

  /** @param prepare called before each body, with the activity's name */
  constructor(private readonly prepare: (name: ActivityName) => Promise<void>) {}

  /** Does something around every run of an activity, until it is taken away with `undefined`. */
  set(name: ActivityName, interference: Interference | undefined): void {
    if (interference === undefined) this.wanted.delete(name);
    else this.wanted.set(name, interference);
  }

  clear(): void {
    this.wanted.clear();
    this.runs.length = 0;
  }

  /**
   * Holds the next run of an activity, before its body or after it (then it has committed and its answer
   * is under way); `reached` resolves when one waits there. With `every`, those after it too, until the release: the first
   * may time out and be made again.
   */
  hold(name: ActivityName, when: keyof Interference, every = false): Held {
    let letGo = (): void => undefined;
    let arrive = (): void => undefined;
    const released = new Promise<void>((resolve) => (letGo = resolve));
    const reached = new Promise<void>((resolve) => (arrive = resolve));
    this.set(name, {
      [when]: () => {
        if (!every) this.set(name, undefined);
        arrive();
        return released;
      },
    });
    const release = (): void => {
      if (every) this.set(name, undefined);
      letGo();
    };
    return { reached, release };
  }

  /** Makes the next `times` runs of an activity fail, before the body or after its commit. */
  fail(name: ActivityName, when: keyof Interference, times: number): void {
    let left = times;
    this.set(name, {
      [when]: () => {
        if (left === 0) return;
        left -= 1;
        // As the worker's activities say it: the driver's own words stay out of histories.
        throw ApplicationFailure.retryable('database: 57P01', 'database');
      },
    });
  }

  /** The activities as the worker gets them. */
  around(real: BookingAssignmentActivities): BookingAssignmentActivities {
    const wrap =
      <S extends { bookingId: string }, R>(name: ActivityName, body: (step: S) => Promise<R>) =>
      async (step: S): Promise<R> => {
        this.runs.push({ name, bookingId: step.bookingId });
        const around = this.wanted.get(name);
        await around?.before?.();
        await this.prepare(name);
        const answer = await body(step);
        await around?.after?.();
        return answer;
      };
    return {
      claimNextPilot: wrap('claimNextPilot', (step) => real.claimNextPilot(step)),
      settleOffer: wrap('settleOffer', (step) => real.settleOffer(step)),
      retrySearch: wrap('retrySearch', (step) => real.retrySearch(step)),
      cancelBooking: wrap('cancelBooking', (step) => real.cancelBooking(step)),
      expireBooking: wrap('expireBooking', (step) => real.expireBooking(step)),
      readStanding: wrap('readStanding', (step) => real.readStanding(step)),
    };
  }
}
