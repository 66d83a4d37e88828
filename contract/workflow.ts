/** Names and payloads of the workflow. They outlive deployments: never renamed without `patched()`. */
import type { AssignmentStatus, FinalStatus } from './words.js';
import type { SearchLimits } from './limits.js';

export const WORKFLOW_TYPE = 'bookingAssignment';
export const TASK_QUEUE = 'booking-assignment';
export const WORKFLOW_ID_PREFIX = 'booking-';

/** The workflow's id for a booking (uuid). */
export function workflowIdOf(bookingId: string): string {
  return WORKFLOW_ID_PREFIX + bookingId;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Could it be the id of a booking, an offer or a pilot? */
export function isUuid(value: unknown): value is string {
  return typeof value === 'string' && UUID.test(value);
}

/** The booking of a workflow; null for an id that somebody made up. */
export function bookingIdOf(workflowId: string): string | null {
  const rest = workflowId.startsWith(WORKFLOW_ID_PREFIX) ? workflowId.slice(WORKFLOW_ID_PREFIX.length) : null;
  return isUuid(rest) ? rest : null;
}

export const SIGNALS = ['accept', 'decline', 'retry', 'cancel', 'nudge'] as const;
export type SignalName = (typeof SIGNALS)[number];
/** Header of starts, signals and activities where traces are sent: a W3C traceparent. */
export const TRACE_HEADER = 'traceparent';
export const STATUS_QUERY = 'assignmentStatus';

/** Input of the workflow. No phone number, address, name or reason text: histories hold none. */
export interface BookingAssignmentInput {
  bookingId: string;
  bookingNumber: string;
  vehicleTypeId: string;
  limits: SearchLimits;
  /** False on a cluster that lacks our search attributes: an upsert of a missing one would wedge the run. */
  searchAttributes: boolean;
}

export interface BookingAssignmentResult {
  bookingId: string;
  status: FinalStatus;
}

/** `accept` and `decline`. `by` names who sent it; a signal sent by hand is the operator's. */
export interface AnswerSignal {
  offerId: string;
  pilotId: string;
  by?: string;
}

/**
 * `retry`. `searchNo`: the search that the retry has already begun in the rows; with it the signal is a
 * nudge that may arrive late or twice without beginning another one. Without it (by hand) it retries.
 */
export interface RetrySignal {
  by?: string;
  searchNo?: number;
}

export interface CancelSignal {
  by?: string;
}

/** `nudge`. `by`: the operator who did what the rows now say; why stands in the audit alone. */
export interface NudgeSignal {
  by?: string;
}

/** What the query `assignmentStatus` answers. Times, not elapsed ones: a query's clock stands still. */
export interface AssignmentStatusView {
  bookingId: string;
  status: AssignmentStatus;
  triedPilots: number;
  triedPilotIds: string[];
  offer: { offerId: string; pilotId: string; expiresAt: string } | null;
  searchStartedAt: string | null;
  searchEndsAt: string | null;
  canRetry: boolean;
  canCancel: boolean;
}

export const SEARCH_ATTRIBUTES = {
  AssignmentStatus: 'KEYWORD',
  BookingNumber: 'KEYWORD',
  VehicleType: 'KEYWORD',
  PilotId: 'KEYWORD',
  TriedPilots: 'INT',
} as const;
