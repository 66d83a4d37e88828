/** What the operator sees, kept true by asking every two seconds and by hearing what the socket says. */
import { batch, computed, signal } from '@preact/signals';
import type { AdminEvents, AssignmentStats, VehicleType } from '../../contract/shapes.js';
import type { SearchState } from '../../contract/words.js';
import { Refusal, wordsOf } from '../door/api.js';
import { hearServerTime, serverNowMs } from '../door/clock.js';
import type { Line } from '../door/line.js';
import type { Session } from '../door/session.js';
import { alertsAfter, type Alert } from './alerts.js';
import { FEED_LIMIT, mergeFeed, sameFeed, stillUnstored } from './feed.js';
import { Poll, type PollOptions } from './poll.js';
import { keepSame } from './searches.js';
import type { PilotMap, PilotOnMap, SearchPage, SearchView } from '../../contract/page-shapes.js';
import type { FeedItem } from './feed.js';

const EVERY_MS = 2_000;
/** Between two requests of a kind at least, so that a storm of events stays far below the limit of requests. */
const GAP_MS = 500;
const POSITIONS_GAP_MS = 1_000;
export const SEARCHES_LIMIT = 500;

export interface Filter {
  state: SearchState;
  /** Empty for any. */
  vehicleTypeId: string;
  q: string;
}
export type Work = 'assign' | 'retry' | 'cancel' | 'release' | 'story';

type Heard = Omit<AdminEvents, 'assignments:stats'>;
const HEARD = [
  'booking:assigned',
  'booking:no_pilots',
  'booking:search_timeout',
  'booking:driver_unreachable',
] as const satisfies (keyof Heard)[];

export class Desk {
  readonly stats = signal<AssignmentStats | null>(null);
  /** Null until read for the first time with this filter. */
  readonly searches = signal<readonly SearchView[] | null>(null);
  /** There are more than are listed. */
  readonly more = signal(false);
  readonly pilots = signal<readonly PilotOnMap[]>([]);
  readonly vehicleTypes = signal<readonly VehicleType[]>([]);
  readonly feed = signal<readonly FeedItem[]>([]);
  readonly alerts = signal<readonly Alert[]>([]);
  readonly filter = signal<Filter>({ state: 'open', vehicleTypeId: '', q: '' });
  readonly selected = signal<string | null>(null);
  /** The dialog that is open. */
  readonly work = signal<{ kind: Work; bookingId: string; bookingNumber: string } | null>(null);
  /** The dialog of what concerns no single booking is open. */
  readonly steering = signal(false);
  /** What was just done, in words. */
  readonly said = signal('');
  /** What cannot be read, in words; by kind. */
  private readonly troubles = signal<Readonly<Record<string, string>>>({});
  readonly trouble = computed(() => Object.values(this.troubles.value).find((words) => words !== '') ?? '');
  /** The server's time, twice a second: whatever shows a running time reads it, and nothing else. */
  readonly now = signal(serverNowMs());

  private stored: readonly FeedItem[] = [];
  private heard: readonly FeedItem[] = [];
  private readonly dismissed = new Map<string, string>();
  private readonly numbers = new Map<string, string>();
  private readonly polls: {
    searches: Poll<SearchPage>;
    pilots: Poll<PilotMap>;
    feed: Poll<FeedItem[]>;
  };
  private readonly clock: ReturnType<typeof setInterval>;

  constructor(
    readonly session: Session,
    readonly line: Line,
  ) {
    this.polls = {
      searches: this.poll('searches', (signal) => this.askSearches(signal), this.takeSearches, GAP_MS),
      pilots: this.poll(
        'pilots',
        (signal) => this.ask('/admin/pilots/positions', {}, signal),
        this.takePilots,
        POSITIONS_GAP_MS,
      ),
      feed: this.poll(
        'feed',
        (signal) => this.ask('/admin/events', { limit: FEED_LIMIT }, signal),
        this.takeFeed,
        GAP_MS,
      ),
    };
    this.clock = setInterval(() => (this.now.value = serverNowMs()), 500);
    document.addEventListener('visibilitychange', this.seen);
    for (const event of HEARD) line.on<Heard[typeof event]>(event, (payload) => this.hear(event, payload));
    line.on<AdminEvents['assignments:stats']>('assignments:stats', (stats) => (this.stats.value = stats));
    line.onConnect(() => void this.beTrue());
    this.anew();
  }

  close(): void {
    clearInterval(this.clock);
    document.removeEventListener('visibilitychange', this.seen);
    for (const poll of Object.values(this.polls)) poll.stop();
  }

  /** Reads everything again, now. */
  anew(): void {
    for (const poll of Object.values(this.polls)) poll.anew();
  }

  /** Lists other searches from now on. */
  choose(change: Partial<Filter>): void {
    this.filter.value = { ...this.filter.value, ...change };
    this.polls.searches.anew();
  }

  /** Puts an alert aside. */
  dismiss(alert: Alert): void {
    this.dismissed.set(alert.bookingId, alert.at);
    this.showFeed();
  }

  /** The booking's number, or what can be said while it is not known. */
  numberOf(bookingId: string): string {
    return this.numbers.get(bookingId) ?? bookingId.slice(0, 8);
  }

  searchOf(bookingId: string): SearchView | undefined {
    return this.searches.value?.find((search) => search.bookingId === bookingId);
  }

  private ask<T>(path: string, query: Record<string, string | number>, signal: AbortSignal): Promise<T> {
    return this.session.api.call<T>('GET', path, { query, signal });
  }

  private askSearches(signal: AbortSignal): Promise<SearchPage> {
    return this.ask('/admin/searches', { ...this.filter.value, limit: SEARCHES_LIMIT }, signal);
  }

  private poll<T>(
    name: string,
    ask: PollOptions<T>['ask'],
    take: PollOptions<T>['take'],
    gapMs: number,
  ): Poll<T> {
    const say = (words: string): void => {
      if ((this.troubles.value[name] ?? '') !== words)
        this.troubles.value = { ...this.troubles.value, [name]: words };
    };
    return new Poll<T>({
      ask,
      take: (answer) =>
        batch(() => {
          say('');
          take(answer);
        }),
      failed: (error) => say(wordsOf(error)),
      laterMs: (error) => (error instanceof Refusal && error.status >= 429 ? error.retryAfterMs : 0),
      visible: () => document.visibilityState === 'visible',
      everyMs: EVERY_MS,
      gapMs,
    });
  }

  private readonly takeSearches = ({ items, nextCursor, serverTime }: SearchPage): void => {
    hearServerTime(serverTime);
    for (const { bookingId, bookingNumber } of items) this.numbers.set(bookingId, bookingNumber);
    this.searches.value = keepSame(this.searches.value ?? [], items);
    this.more.value = nextCursor !== null;
    this.showFeed();
  };

  private readonly takePilots = ({ items, serverTime }: PilotMap): void => {
    hearServerTime(serverTime);
    this.pilots.value = items;
  };

  private readonly takeFeed = (items: FeedItem[]): void => {
    for (const { bookingId, bookingNumber } of items) this.numbers.set(bookingId, bookingNumber);
    this.stored = items;
    this.heard = stillUnstored(items, this.heard);
    this.showFeed();
  };

  private hear(event: keyof Heard, payload: Heard[keyof Heard]): void {
    const { bookingId, at } = payload;
    const item = { bookingId, bookingNumber: this.numberOf(bookingId), seq: null, event, payload, at };
    this.heard = [item, ...this.heard].slice(0, FEED_LIMIT);
    this.showFeed();
    for (const poll of Object.values(this.polls)) poll.soon();
  }

  private showFeed(): void {
    const feed = mergeFeed(this.stored, this.heard);
    if (!sameFeed(this.feed.value, feed)) this.feed.value = feed;
    this.alerts.value = alertsAfter(
      this.alerts.value,
      this.feed.value,
      this.searches.value ?? [],
      this.dismissed,
    );
  }

  /** At each connection: what was missed is read. */
  private async beTrue(): Promise<void> {
    this.anew();
    if (this.vehicleTypes.value.length === 0) void this.readVehicleTypes();
    const answer = await this.line.ask<
      { ok: true; stats: AssignmentStats } | { ok: false; error: string; detail?: string }
    >('admin:subscribe_assignments', {});
    if (answer === null) return;
    const wrong = answer.ok ? '' : (answer.detail ?? answer.error);
    if (answer.ok) this.stats.value = answer.stats;
    this.troubles.value = { ...this.troubles.value, stats: wrong };
  }

  private async readVehicleTypes(): Promise<void> {
    try {
      const { items } = await this.session.api.get<{ items: VehicleType[] }>('/vehicle-types');
      this.vehicleTypes.value = items;
    } catch {
      // Read again at the next connection; until then ids stand for names.
    }
  }

  private readonly seen = (): void => {
    if (document.visibilityState === 'visible') this.anew();
  };
}
