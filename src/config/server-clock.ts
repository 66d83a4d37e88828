import { Injectable } from '@nestjs/common';

/**
 * Postgres' time, as this process last heard it: the wall clock of a machine may be wrong by hours, and two processes
 * would then not agree about when a token ends. Between two readings the steady clock of the process goes on.
 */
@Injectable()
export class ServerClock {
  private offsetMs: number | null = null;

  /** Takes note of a time that Postgres told, asked at `askedAtMs` of `performance.now()` and answered now. */
  hear(serverTime: Date, askedAtMs: number): void {
    this.offsetMs = serverTime.getTime() - (askedAtMs + performance.now()) / 2;
  }

  /** Epoch milliseconds; by the process's own clock before anything was heard. */
  nowMs(): number {
    return this.offsetMs === null ? Date.now() : performance.now() + this.offsetMs;
  }
}
