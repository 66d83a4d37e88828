/** What the SDK's core writes into markers: local activities and patches. */
import { valueOf, valuesOf, type JsonPayload } from './payloads.js';
import type { HistoryEvent } from './recorded.js';

type Details = Record<string, { payloads?: JsonPayload[] }>;

interface MarkerAttributes {
  markerName?: string;
  details?: Details;
  failure?: { message?: string };
}

interface Stamp {
  seconds?: number | string;
  nanos?: number;
}

/** A local activity as its marker tells of it. */
export interface LocalActivity {
  type: string;
  attempt: number;
  /** When it was asked for and when it answered, milliseconds since 1970; null where the marker does not say. */
  askedAt: number | null;
  answeredAt: number | null;
  answer: unknown;
  failure: string | null;
}

/** The local activity in an event; null for every other event. */
export function localActivityOf(event: HistoryEvent): LocalActivity | null {
  const marker = markerOf(event);
  if (marker?.markerName !== 'core_local_activity') return null;
  const data = valueOf(marker.details?.['data']?.payloads?.[0]) as Record<string, unknown> | string | null;
  const told = typeof data === 'object' && data !== null ? data : {};
  return {
    type: typeof told['activity_type'] === 'string' ? told['activity_type'] : 'unknown',
    attempt: Number(told['attempt'] ?? 1),
    askedAt: timeOf(told['original_schedule_time'] as Stamp | undefined),
    answeredAt: timeOf(told['complete_time'] as Stamp | undefined),
    answer: valuesOf(marker.details?.['result'])[0],
    failure: marker.failure === undefined ? null : (marker.failure.message ?? 'failed'),
  };
}

/** The id of the patch in an event; null for every other event. */
export function patchOf(event: HistoryEvent): string | null {
  const marker = markerOf(event);
  if (marker?.markerName !== 'core_patch') return null;
  const data = valueOf(Object.values(marker.details ?? {})[0]?.payloads?.[0]);
  const id = typeof data === 'object' && data !== null ? (data as { id?: unknown }).id : data;
  return typeof id === 'string' ? id : 'unknown';
}

function markerOf(event: HistoryEvent): MarkerAttributes | undefined {
  return event['markerRecordedEventAttributes'] as MarkerAttributes | undefined;
}

function timeOf(stamp: Stamp | undefined): number | null {
  if (stamp?.seconds === undefined) return null;
  return Number(stamp.seconds) * 1_000 + (stamp.nanos ?? 0) / 1_000_000;
}
