/** At this many whole seconds and below the countdown is red. */
export const URGENT_SECONDS = 10;

/** What the countdown shows of what is left: whole seconds, rounded up. */
export function secondsShown(leftMs: number): number {
  return Math.max(0, Math.ceil(leftMs / 1000));
}

/** True from the moment on that it shows 10. */
export function isUrgent(leftMs: number): boolean {
  return secondsShown(leftMs) <= URGENT_SECONDS;
}
