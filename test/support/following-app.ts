/**
 * A user's app as docs/clients.md wants it built: it comes back by itself, keeps events by their `seq`, and asks for
 * what it lacks at each connection and at each gap.
 */
import type { BookingEvent } from '../../contract/shapes.js';
import { FINAL_STATUSES, isOneOf } from '../../contract/words.js';
import { RecordedSocket, type SocketChoice } from './sockets.js';

/** As the pages of ours do: right within a second or two of the server's being back. */
const COMES_BACK: SocketChoice = { reconnection: true, reconnectionDelay: 100, reconnectionDelayMax: 500 };

type Told = Pick<BookingEvent, 'seq' | 'event' | 'payload'>;

export class FollowingApp {
  private readonly models = new Map<string, Map<number, Told>>();

  private constructor(readonly line: RecordedSocket) {
    line.socket.onAny((event: string, payload: Record<string, unknown>) => this.hear(event, payload));
    line.socket.on('connect', () => {
      for (const id of this.models.keys()) if (!this.hasEnded(id)) void this.catchUp(id);
    });
  }

  static async open(url: string, token: string, choice: SocketChoice = {}): Promise<FollowingApp> {
    return new FollowingApp(await RecordedSocket.open(url, token, { ...COMES_BACK, ...choice }));
  }

  /** From now on this booking is on the screen. */
  follow(bookingId: string): Promise<void> {
    this.models.set(bookingId, this.models.get(bookingId) ?? new Map());
    return this.catchUp(bookingId);
  }

  /** What the screen shows of a booking, in order. */
  shows(bookingId: string): Told[] {
    return [...(this.models.get(bookingId)?.values() ?? [])].sort((a, b) => a.seq - b.seq);
  }

  /** Whole, and with its last event: there is nothing to ask for. */
  private hasEnded(bookingId: string): boolean {
    const told = this.shows(bookingId);
    const last = told.at(-1);
    if (last === undefined || last.seq !== told.length) return false;
    return last.event === 'booking:cancelled' || isOneOf(FINAL_STATUSES, last.payload['status']);
  }

  private hear(event: string, payload: Record<string, unknown>): void {
    const { bookingId, seq } = payload;
    if (typeof bookingId !== 'string' || typeof seq !== 'number') return;
    const model = this.models.get(bookingId);
    if (model === undefined) return;
    this.keep(bookingId, [{ seq, event, payload }]);
    if (model.size < seq) void this.catchUp(bookingId);
  }

  private keep(bookingId: string, events: Told[]): void {
    const model = this.models.get(bookingId);
    for (const { seq, event, payload } of events)
      if (model !== undefined && !model.has(seq)) model.set(seq, { seq, event, payload });
  }

  /** A line that dies while it asks is one that asks again at its next connection. */
  private async catchUp(bookingId: string): Promise<void> {
    const model = this.models.get(bookingId);
    let afterSeq = 0;
    while (model?.has(afterSeq + 1) === true) afterSeq += 1;
    const answer = await this.line.ask('booking:sync', { bookingId, afterSeq }).catch(() => null);
    if (answer?.['ok'] === true) this.keep(bookingId, answer['events'] as Told[]);
  }
}
