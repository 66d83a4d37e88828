/**
 * Failpoints: by `FAILPOINT` a process ends itself, as if killed, at a named line. For tests of what dies when, which
 * nobody hits from outside; refused in production. Nothing is wrapped while none is set.
 */
import type { BookingAssignmentActivities } from '../../contract/activities.js';
import type { DispatchContext } from '../../dispatch/context.js';
import type { OutboxRow } from '../../database/statements/outbox.js';
import type { Emission, Emitter } from '../../events/emitter.js';
import type { Failpoint, FailpointName } from './failpoint-names.js';

/** Ends this process at the failpoint's turn; any other line passes. */
function passing(failpoint: Failpoint): (name: FailpointName) => void {
  let left = failpoint.turn;
  return (name) => {
    if (name !== failpoint.name) return;
    left -= 1;
    if (left === 0) process.kill(process.pid, 'SIGKILL');
  };
}

/** What is done after a step: its answer is known, and nobody has it yet. */
const after =
  <A extends unknown[], R>(body: (...args: A) => Promise<R>, then: () => void) =>
  async (...args: A): Promise<R> => {
    const answer = await body(...args);
    then();
    return answer;
  };

const isStart = (line: OutboxRow): boolean => line.kind === 'start';
const isOffer = (emission: Emission): boolean => emission.event === 'booking:offer';

/**
 * The API's failpoints: before and after the start of a booking's workflow by the process that took the booking. Called
 * when the relay has put its delivery into the context.
 */
export function armApi<C extends { start: (input: never) => Promise<unknown> }>(
  { dispatch, client }: { dispatch: DispatchContext; client: C },
  failpoint: Failpoint | undefined,
): void {
  const { deliver } = dispatch;
  if (failpoint === undefined || deliver === undefined) return;
  const pass = passing(failpoint);
  const { name } = failpoint;
  const start = client.start.bind(client) as (input: unknown) => Promise<unknown>;
  Object.assign(client, { start: after(start, () => pass('after-workflow-start')) });
  dispatch.deliver = (lines) => {
    if (lines.some(isStart)) pass('after-booking-commit');
    const delivered = deliver(lines);
    // The caller is not answered: the start that is under way is the last thing that this process does.
    return name === 'after-workflow-start' && lines.some(isStart) ? new Promise(() => undefined) : delivered;
  };
}

/** The worker's failpoints in an offer's transaction: before its commit, and between the commit and the sending. */
export function armEmitter(emitter: Emitter, failpoint: Failpoint | undefined): Emitter {
  if (failpoint === undefined) return emitter;
  const pass = passing(failpoint);
  return {
    beforeCommit: (manager, emissions) => {
      const asked = emitter.beforeCommit(manager, emissions);
      // Now, and not when it is answered: the commit follows at once.
      if (emissions.some(isOffer)) pass('offer-before-commit');
      return asked;
    },
    afterCommit: (emissions) => {
      if (emissions.some(isOffer)) pass('offer-before-send');
      return emitter.afterCommit(emissions);
    },
    close: () => emitter.close(),
  };
}

/** The worker's failpoints at the end of each activity: committed, and not yet reported to Temporal. */
export function armActivities(
  activities: BookingAssignmentActivities,
  failpoint: Failpoint | undefined,
): BookingAssignmentActivities {
  if (failpoint === undefined) return activities;
  const pass = passing(failpoint);
  return {
    claimNextPilot: after(
      (step) => activities.claimNextPilot(step),
      () => pass('claimNextPilot'),
    ),
    settleOffer: after(
      (step) => activities.settleOffer(step),
      () => pass('settleOffer'),
    ),
    retrySearch: after(
      (step) => activities.retrySearch(step),
      () => pass('retrySearch'),
    ),
    cancelBooking: after(
      (step) => activities.cancelBooking(step),
      () => pass('cancelBooking'),
    ),
    expireBooking: after(
      (step) => activities.expireBooking(step),
      () => pass('expireBooking'),
    ),
    readStanding: after(
      (step) => activities.readStanding(step),
      () => pass('readStanding'),
    ),
  };
}
