/** What workflow and rows say of a booking, asked from outside. */
import { STATUS_QUERY, workflowIdOf, type AssignmentStatusView } from '../../contract/workflow.js';
import type { System } from './system.js';
import { eventually } from './waiting.js';

/** The workflow's own answer to its status query. */
export function queried(system: System, bookingId: string): Promise<AssignmentStatusView> {
  return system.temporal.client.workflow
    .getHandle(workflowIdOf(bookingId))
    .query<AssignmentStatusView>(STATUS_QUERY);
}

/** RUNNING, COMPLETED, TERMINATED ...; null where there is no workflow. */
export async function workflowState(
  system: System,
  bookingId: string,
): Promise<{ status: string; runId: string } | null> {
  try {
    const found = await system.temporal.client.workflow.getHandle(workflowIdOf(bookingId)).describe();
    return { status: found.status.name, runId: found.runId };
  } catch {
    return null;
  }
}

/** Until another run than `before` is under way; answers its id. */
export function newRun(
  system: System,
  bookingId: string,
  before: string | undefined,
  withinMs: number,
): Promise<string> {
  return eventually(
    'a new run',
    async () => {
      const state = await workflowState(system, bookingId);
      return state?.status === 'RUNNING' && state.runId !== before && state.runId;
    },
    withinMs,
  );
}

/** Until the workflow, too, has come to this status. */
export async function agreed(
  system: System,
  bookingId: string,
  status: AssignmentStatusView['status'],
  withinMs = 10_000,
): Promise<AssignmentStatusView> {
  return eventually(
    `the workflow of ${bookingId} to be ${status}`,
    async () => {
      const view = await queried(system, bookingId);
      return view.status === status && view;
    },
    withinMs,
  );
}

/** Until the workflow has completed. */
export function completed(system: System, bookingId: string, withinMs = 10_000): Promise<unknown> {
  return eventually(
    `the workflow of ${bookingId} to complete`,
    async () => (await workflowState(system, bookingId))?.status === 'COMPLETED',
    withinMs,
  );
}

/** Offers of a booking as the rows have them, in order. */
export function offersOf(
  system: System,
  bookingId: string,
): Promise<{ id: string; pilot_id: string; status: string; number: number; end_reason: string | null }[]> {
  return system.rows(
    'SELECT id, pilot_id, status, number, end_reason FROM offers WHERE booking_id = $1 ORDER BY offered_at',
    [bookingId],
  );
}
