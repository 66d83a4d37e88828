/** The user's bookings, newest first, as far as they were asked for. */
import { signal } from '@preact/signals';
import type { Booking, Page } from '../../contract/shapes.js';
import { wordsOf, type Api } from '../door/api.js';

const PAGE = 10;

export class BookingList {
  /** Null before the first answer. */
  readonly items = signal<readonly Booking[] | null>(null);
  readonly wrong = signal('');
  readonly busy = signal(false);
  private readonly cursor = signal<string | null>(null);

  constructor(private readonly api: Api) {}

  get hasMore(): boolean {
    return this.cursor.value !== null;
  }

  /** Reads the newest ones; what was read below them stays. */
  readonly refresh = (): Promise<void> =>
    this.read(undefined, (page) => {
      const before = this.items.value ?? [];
      const known = before.some(({ id }) => page.items.some((item) => item.id === id));
      // Without an overlap there may be others between: it begins anew.
      if (!known) this.cursor.value = page.nextCursor;
      this.items.value = known ? merged(page.items, before) : page.items;
    });

  readonly more = (): Promise<void> =>
    this.read(this.cursor.value ?? undefined, (page) => {
      this.cursor.value = page.nextCursor;
      this.items.value = merged(page.items, this.items.value ?? []);
    });

  private async read(cursor: string | undefined, take: (page: Page<Booking>) => void): Promise<void> {
    this.busy.value = true;
    this.wrong.value = '';
    try {
      take(await this.api.get<Page<Booking>>('/bookings', { limit: PAGE, cursor }));
    } catch (error) {
      this.wrong.value = wordsOf(error);
    } finally {
      this.busy.value = false;
    }
  }
}

/** Both without doubles, the fresh ones as they are now, newest first. */
function merged(fresh: readonly Booking[], before: readonly Booking[]): Booking[] {
  const all = new Map([...before, ...fresh].map((booking) => [booking.id, booking]));
  return [...all.values()].sort((one, other) => other.createdAt.localeCompare(one.createdAt));
}
