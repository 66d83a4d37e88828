/**
 * The server's clock as this page knows it. A phone's own clock may be wrong by hours and may be set while a
 * countdown runs; the monotonic clock of the page is not.
 */
let offsetMs: number | null = null;

/**
 * Takes note of a time that the server just sent (ISO). The later of two readings wins: a message can only be
 * late, never early, so the reading with the least delay is the nearest to the truth. A monotonic clock that
 * stood still while the device slept is put right by the next reading for the same reason.
 */
export function hearServerTime(iso: string, monotonicNowMs = performance.now()): void {
  const heard = Date.parse(iso) - monotonicNowMs;
  if (!Number.isNaN(heard) && (offsetMs === null || heard > offsetMs)) offsetMs = heard;
}

/** The server's time now, epoch milliseconds; the device's own before anything was heard. */
export function serverNowMs(monotonicNowMs = performance.now()): number {
  return offsetMs === null ? Date.now() : monotonicNowMs + offsetMs;
}

/** Milliseconds until an ISO time by the server's clock; negative when it is over. */
export function msUntil(iso: string): number {
  return Date.parse(iso) - serverNowMs();
}
