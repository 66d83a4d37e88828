/** Bookings as many as are wanted, whether or not they are answered in time: what a crowd does. */
import { Agent } from 'node:http';
import type { Booking } from '../../contract/shapes.js';
import { bookingAt, type User } from './actors.js';
import { upTo } from './crowd.js';
import { freshPlace } from './places.js';
import type { Reply } from './rest.js';

/** Connections of the crowd; more would be the generator's own load, not the system's. */
const CONNECTIONS = 64;
const TICK_MS = 20;

export interface Asked {
  user: User;
  /** Null when no answer came. */
  reply: Reply<Booking> | null;
  ms: number;
}

/** Of a crowd that books where nobody drives. */
export class Load {
  private readonly over = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  private turn = 0;

  constructor(
    private readonly users: User[],
    private readonly places = upTo(users.length).map(freshPlace),
  ) {}

  /** `atOnce` of them book, and again as soon as they are answered. */
  async inTurn(atOnce: number, ms: number): Promise<Asked[]> {
    const end = performance.now() + ms;
    const asked: Asked[] = [];
    const one = async (): Promise<void> => {
      while (performance.now() < end) asked.push(await this.book());
    };
    await Promise.all(upTo(atOnce).map(one));
    return asked;
  }

  /** So many a second, for `ms`. */
  async atRate(perSecond: number, ms: number): Promise<Asked[]> {
    const startedAt = performance.now();
    const asked: Promise<Asked>[] = [];
    while (performance.now() - startedAt < ms) {
      const due = ((performance.now() - startedAt) / 1000) * perSecond;
      while (asked.length < due) asked.push(this.book());
      await new Promise((resolve) => setTimeout(resolve, TICK_MS));
    }
    return Promise.all(asked);
  }

  close(): void {
    this.over.destroy();
  }

  private async book(): Promise<Asked> {
    const n = this.turn++ % this.users.length;
    const user = this.users[n] as User;
    const place = this.places[n] ?? freshPlace();
    const startedAt = performance.now();
    const reply = await user
      .request<Booking>('POST', '/bookings', bookingAt(place), { over: this.over })
      .catch(() => null);
    return { user, reply, ms: performance.now() - startedAt };
  }
}
