/** A customer's app: books, listens, asks for what it missed, and answers a failed search. */
import type { Booking } from '../../contract/shapes.js';
import type { CreateBooking } from '../../contract/schemas.js';
import { userEventShapes } from '../../contract/shapes.js';
import type { Api } from './api.js';
import { ask, closeLine, connect, openLine, type Line } from './socket.js';
import { Story, type ToldEvent, type UserEventName } from './story.js';
import type { Identity } from './tokens.js';

const CONNECT_MS = 20_000;

export interface UserHooks {
  /** Each new event, once; whether the socket brought it or it had to be asked for. */
  onEvent?: (bookingId: string, event: ToldEvent, by: 'socket' | 'sync') => void;
}

/** One customer with one device. Keeps every event of every booking. */
export class SimulatedUser {
  readonly stories = new Map<string, Story>();
  private readonly api: Api;
  private readonly line: Line;

  constructor(
    door: { api: Api; url: string },
    readonly identity: Identity,
    private readonly hooks: UserHooks = {},
  ) {
    this.api = door.api.as(identity.token);
    this.line = openLine(door.url, identity.token);
  }

  /** Connects. Throws when the system refuses. */
  async start(): Promise<void> {
    for (const event of Object.keys(userEventShapes) as UserEventName[])
      this.line.on(event, ((payload: Record<string, unknown>) => this.hear(event, payload)) as never);
    await connect(this.line, CONNECT_MS);
    this.line.on('connect', () => void this.syncAll());
  }

  stop(): void {
    closeLine(this.line);
  }

  /** Books; with the same key again it is the same booking. Throws CallError. */
  async book(body: CreateBooking, key: string, signal?: AbortSignal): Promise<Story> {
    const booking = await this.api.call<Booking>('POST', '/bookings', {
      body,
      headers: { 'idempotency-key': key },
      ...(signal === undefined ? {} : { signal }),
    });
    const story = this.storyOf(booking.id);
    story.bookedAtMs = performance.now();
    return story;
  }

  /** Searches again after a failed search. Throws CallError. */
  async retry(bookingId: string): Promise<void> {
    await this.api.call('POST', `/bookings/${bookingId}/retry-assignment`);
  }

  /** Cancels before pickup. Throws CallError. */
  async cancel(bookingId: string): Promise<void> {
    await this.api.call('POST', `/bookings/${bookingId}/cancel`, { body: { reason: 'no pilot found' } });
  }

  /** Asks for what the sockets did not bring, as an app does when it comes back. False: no answer. */
  async sync(bookingId: string): Promise<boolean> {
    const story = this.storyOf(bookingId);
    const answer = await ask(this.line, 'booking:sync', { bookingId, afterSeq: story.completeTo });
    if (answer?.ok !== true) return false;
    for (const event of answer['events'] as ToldEvent[]) this.take(story, event, 'sync');
    return true;
  }

  private async syncAll(): Promise<void> {
    for (const [bookingId, story] of this.stories)
      if (story.state.phase !== 'ended') await this.sync(bookingId);
  }

  private hear(event: UserEventName, payload: Record<string, unknown>): void {
    const { bookingId, seq, at } = payload as { bookingId: string; seq: number; at: string };
    const story = this.storyOf(bookingId);
    this.take(story, { seq, event, payload, at }, 'socket');
    // A number is missing: it may be on its way, or lost.
    if (story.hasGap) setTimeout(() => void this.fillGap(story), GAP_PATIENCE_MS).unref();
  }

  private async fillGap(story: Story): Promise<void> {
    if (story.hasGap) await this.sync(story.bookingId);
  }

  private take(story: Story, event: ToldEvent, by: 'socket' | 'sync'): void {
    if (story.add(event, performance.now())) this.hooks.onEvent?.(story.bookingId, event, by);
  }

  private storyOf(bookingId: string): Story {
    const known = this.stories.get(bookingId);
    if (known !== undefined) return known;
    const story = new Story(bookingId);
    this.stories.set(bookingId, story);
    return story;
  }
}

/** Events of several processes arrive out of order: so long a gap is nothing to ask about. */
const GAP_PATIENCE_MS = 300;
