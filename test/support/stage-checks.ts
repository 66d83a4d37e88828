/** What the workflow tests check again and again: spans of the common clock, and who was sent what. */
import { ADMIN_ROOM } from '../../contract/rooms.js';
import type { Stage } from './workflow-stage.js';

/** Rule 9: with nothing down, what ended is acted upon within this, milliseconds. */
const ACTED_UPON_MS = 1_500;

/** The milliseconds between two times of the common clock. */
export function expectSpan(
  from: Date | null | undefined,
  to: Date | null | undefined,
): { toBe: (ms: number) => void; toBeLessThan: (ms: number) => void; toBeAtEnd: (ms: number) => void } {
  if (from === null || from === undefined || to === null || to === undefined)
    throw new Error(`a time is missing: from ${String(from)} to ${String(to)}`);
  const span = to.getTime() - from.getTime();
  return {
    /** Exactly, but for the milliseconds that a JavaScript date cuts off. */
    toBe(ms) {
      expect(Math.abs(span - ms)).toBeLessThanOrEqual(1);
    },
    toBeLessThan(ms) {
      expect(span).toBeLessThan(ms);
    },
    /** Not before `ms` have passed, and within the time in which an end is acted upon. */
    toBeAtEnd(ms) {
      expect(span).toBeGreaterThanOrEqual(ms - 1);
      expect(span).toBeLessThan(ms + ACTED_UPON_MS);
    },
  };
}

/** What was sent to a room, of one event. */
export function payloadsTo(stage: Stage, room: string, event: string): Record<string, unknown>[] {
  return stage.emissions.filter((one) => one.room === room && one.event === event).map((one) => one.payload);
}

/** What operators were sent, of one event. */
export function adminEvents(stage: Stage, event: string): Record<string, unknown>[] {
  return payloadsTo(stage, ADMIN_ROOM, event);
}

/** The whole seconds of an offer's countdown when it was made, one begun counted as one. */
export function secondsOf(offer: { offered_at: Date; expires_at: Date }): number {
  return Math.ceil((offer.expires_at.getTime() - offer.offered_at.getTime()) / 1_000);
}
