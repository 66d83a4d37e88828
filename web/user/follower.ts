/** Follows one booking: hears its events, asks for what is missing, and for how it stands after every trouble. */
import { signal } from '@preact/signals';
import type { Booking, BookingEvent } from '../../contract/shapes.js';
import { hearServerTime, serverNowMs } from '../door/clock.js';
import type { Line } from '../door/line.js';
import * as tale from './story.js';

/** A gap that stays this long is asked about. */
const GAP_MS = 300;
const AGAIN_MS = 1_000;
/** A last event that was lost leaves no gap: how an open booking stands is asked this often. */
const LOOK_EVERY_MS = 15_000;
/** An answer that is this long may not be all. */
const MOST_EVENTS = 1_000;

type SyncAck = ({ ok: true } & tale.SyncAnswer) | { ok: false; error: string; detail: string };

export class Follower {
  readonly story;
  /** The server knows no such booking of this user. */
  readonly missing = signal(false);
  private asking = false;
  private askAgain = false;
  private closed = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly looking: ReturnType<typeof setInterval>;

  constructor(
    private readonly line: Line,
    readonly bookingId: string,
  ) {
    this.story = signal(tale.newStory(bookingId));
    void this.sync();
    this.looking = setInterval(() => {
      if (!tale.isFinal(this.story.value.status)) void this.sync();
    }, LOOK_EVERY_MS);
  }

  hear(event: BookingEvent): void {
    this.story.value = tale.tell(this.story.value, [event]);
    if (this.story.value.ahead.length > 0) this.later(GAP_MS);
  }

  hearLocation(location: tale.PilotLocation): void {
    this.story.value = tale.located(this.story.value, location);
  }

  /** What the server answered to a call. */
  adopt(booking: Booking): void {
    this.story.value = tale.adopted(this.story.value, booking);
  }

  /** Shows the new search at once, and what was so if `call` fails. */
  async retry(call: () => Promise<unknown>): Promise<void> {
    this.story.value = tale.retryTapped(this.story.value, new Date(serverNowMs()).toISOString());
    try {
      await call();
    } catch {
      this.story.value = tale.retryRefused(this.story.value);
    }
    await this.sync();
  }

  /** Asks how it stands. Without a connection nothing is asked: the next connection does. */
  async sync(): Promise<void> {
    this.askAgain = this.asking;
    if (this.asking) return;
    this.asking = true;
    try {
      do {
        this.askAgain = false;
        await this.ask();
      } while (this.askAgain && !this.closed);
    } finally {
      this.asking = false;
    }
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    clearInterval(this.looking);
  }

  private async ask(): Promise<void> {
    const afterSeq = this.story.value.seq;
    const answer = await this.line.ask<SyncAck>('booking:sync', { bookingId: this.bookingId, afterSeq });
    if (answer === null || this.closed) return;
    if (!answer.ok) {
      if (answer.error === 'rate_limited') this.later(AGAIN_MS);
      else this.missing.value = true;
      return;
    }
    this.missing.value = false;
    this.story.value = tale.synced(this.story.value, answer);
    this.setClock();
    if (answer.events.length >= MOST_EVENTS) this.askAgain = true;
    else if (this.story.value.ahead.length > 0) this.later(AGAIN_MS);
  }

  /** The search's start and how long ago that is give the server's time, also where no event has just come. */
  private setClock(): void {
    const { phase, assignment, searchStartedAt } = this.story.value;
    if (phase !== 'finding' || assignment?.isSearching !== true || searchStartedAt === null) return;
    const nowMs = Date.parse(searchStartedAt) + assignment.elapsedMs;
    if (assignment.elapsedMs > 0) hearServerTime(new Date(nowMs).toISOString());
  }

  private later(ms: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      // It may have come in the meantime.
      if (this.story.value.ahead.length > 0 || ms === AGAIN_MS) void this.sync();
    }, ms);
  }
}
