/** Polls of a cluster that others run wait for a minute by default, and for a moment on top. */
const LONGEST_SILENCE_MS = 75_000;
const SHORTEST_SILENCE_MS = 10_000;
/** So many times the longest pause between two polls that was seen. */
const PAUSES = 3;

/**
 * Tells from the polls of a task queue whether a worker lives. The server lists a poller for five minutes after its last
 * poll, and its clock is not ours: so what counts is whether the newest poll moves on. How often it does while workers
 * live depends on how long the server lets a poll wait, which is learnt by looking: within 10 s with the polls of 2 s of
 * `npm start`, within 75 s at most. Only at the first look, which has nothing to compare with, the two clocks are held
 * together: a poll older than that is of the dead, until it moves.
 */
export class PollerWatch {
  private newestMs: number | null = null;
  /** By our own clock; of a poll that may be of the dead, never. */
  private movedAt = -Infinity;
  private longestPauseMs: number | null = null;

  /**
   * @param newestPollMs the newest poll by the server's clock, epoch milliseconds; null when none is listed
   * @param monotonicNowMs our own clock, which may start anywhere and never goes back
   * @param nowMs our clock of the wall, epoch milliseconds
   * @returns true while somebody polls
   */
  look(newestPollMs: number | null, monotonicNowMs: number, nowMs: number): boolean {
    if (newestPollMs === null) return false;
    if (newestPollMs !== this.newestMs) {
      // The first poll that is seen has none before it, and one after an outage tells nothing of polls.
      const pauseMs = monotonicNowMs - this.movedAt;
      if (pauseMs <= LONGEST_SILENCE_MS) this.longestPauseMs = Math.max(this.longestPauseMs ?? 0, pauseMs);
      const recent = this.newestMs !== null || nowMs - newestPollMs <= LONGEST_SILENCE_MS;
      [this.newestMs, this.movedAt] = [newestPollMs, recent ? monotonicNowMs : -Infinity];
    }
    return monotonicNowMs - this.movedAt <= this.allowedMs();
  }

  private allowedMs(): number {
    if (this.longestPauseMs === null) return LONGEST_SILENCE_MS;
    return Math.min(LONGEST_SILENCE_MS, Math.max(SHORTEST_SILENCE_MS, PAUSES * this.longestPauseMs));
  }
}
