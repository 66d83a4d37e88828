/** What the runs of the workflows must say when all is over. Pure. */
import { groupBy, type Evidence, type Violation } from './evidence.js';

/** Runs that end so are followed by another one of the same booking. */
const FOLLOWED = ['TERMINATED', 'CONTINUED_AS_NEW'];

/** The last run of each booking is completed and tells the booking's own end; none is open, none failed. */
export function findWorkflowsAstray({ bookings, runs }: Evidence): Violation[] {
  const byBooking = groupBy(runs, ({ bookingId }) => bookingId);
  return bookings.flatMap(({ id, status }): Violation[] => {
    const astray = (text: string): Violation => ({ rule: 'workflow disagrees', id, text });
    const own = (byBooking.get(id) ?? []).toSorted((a, b) => a.startedAtMs - b.startedAtMs);
    const completed = own.filter((run) => run.status === 'COMPLETED');
    const odd = own.filter((run) => run.status !== 'COMPLETED' && !FOLLOWED.includes(run.status));
    const found = odd.map((run) => astray(`run ${run.runId} is ${run.status}`));
    for (const run of completed)
      if (run.result !== status) found.push(astray(`run ${run.runId} says ${run.result}, the row ${status}`));
    if (completed.length > 1) found.push(astray(`${completed.length} runs are completed`));
    // A terminated run of a booking that is final has nothing left to do: none need follow it.
    if (own.length === 0) found.push(astray(`the booking is ${status} and never had a workflow`));
    return found;
  });
}

/** Every history replays with the code of today. */
export function findUnreplayable({ runs }: Evidence): Violation[] {
  return runs
    .filter(({ replayError }) => replayError !== null)
    .map(({ bookingId, runId, replayError }) => ({
      rule: 'history does not replay',
      id: bookingId,
      text: `run ${runId}: ${replayError}`,
    }));
}
