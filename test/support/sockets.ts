/** Sockets that keep everything they received, with the time at which it came. */
import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';
import { eventually, PATIENCE_MS } from './waiting.js';

export interface Arrival {
  event: string;
  payload: Record<string, unknown>;
  /** `Date.now()` when it came. */
  at: number;
}

export type SocketChoice = Partial<ManagerOptions & SocketOptions>;

/** One connection of a device. */
export class RecordedSocket {
  readonly arrivals: Arrival[] = [];
  /** Why it was closed, in order. */
  readonly closings: string[] = [];

  private constructor(readonly socket: Socket) {
    socket.onAny((event: string, payload: Record<string, unknown>) => {
      this.arrivals.push({ event, payload, at: Date.now() });
    });
    socket.on('disconnect', (reason) => this.closings.push(reason));
  }

  /** Connects; rejects with the server's refusal (`connect_error`). */
  static open(url: string, token: string | undefined, choice: SocketChoice = {}): Promise<RecordedSocket> {
    const socket = io(url, {
      auth: token === undefined ? {} : { token },
      transports: ['websocket'],
      forceNew: true,
      reconnection: false,
      ...choice,
    });
    const recorded = new RecordedSocket(socket);
    return new Promise((resolve, reject) => {
      socket.once('connect', () => resolve(recorded));
      socket.once('connect_error', (error) => {
        socket.close();
        reject(error);
      });
    });
  }

  get connected(): boolean {
    return this.socket.connected;
  }

  /** What came so far, of one event. */
  of<T = Record<string, unknown>>(event: string, bookingId?: string): T[] {
    return this.arrivals
      .filter((one) => one.event === event)
      .map((one) => one.payload)
      .filter((payload) => bookingId === undefined || payload['bookingId'] === bookingId) as T[];
  }

  /** The first arrival that fits, now or later. */
  arrival(
    event: string,
    fits: (payload: Record<string, unknown>) => boolean = () => true,
    withinMs = PATIENCE_MS,
  ): Promise<Arrival> {
    return eventually(
      `the event ${event}`,
      () => this.arrivals.find((one) => one.event === event && fits(one.payload)),
      withinMs,
    );
  }

  /** Sends a message and answers its acknowledgement. */
  ask(event: string, ...args: unknown[]): Promise<Record<string, unknown>> {
    return this.socket.timeout(5_000).emitWithAck(event, ...args) as Promise<Record<string, unknown>>;
  }

  /** Drops the connection as a dead network does: without a word to the server. */
  drop(): void {
    this.socket.io.engine.transport.close();
  }

  close(): void {
    this.socket.close();
  }
}
