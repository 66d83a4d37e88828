/**
 * Sockets that keep everything they received, with the time at which it came. All of it is held to
 * docs/asyncapi.json: a test during which something came that is not in it fails.
 */
import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';
import type { TokenType } from '../../contract/words.js';
import { faultOfAnswer, faultOfConnectError, faultOfEvent, tokenTypeOf } from './asyncapi.js';
import { eventually, PATIENCE_MS } from './waiting.js';

export interface Arrival {
  event: string;
  payload: Record<string, unknown>;
  /** `Date.now()` when it came. */
  at: number;
}

export type SocketChoice = Partial<ManagerOptions & SocketOptions>;

const faults: string[] = [];

function note(fault: string | null): void {
  if (fault !== null) faults.push(`${fault} (during "${expect.getState().currentTestName ?? 'set-up'}")`);
}

/** What came and is not in the document, since this was asked last. */
export function takeFaults(): string[] {
  return faults.splice(0);
}

function failOnFaults(): void {
  const found = takeFaults();
  if (found.length > 0) throw new Error(`sockets received what they may not:\n${found.join('\n')}`);
}
// The second is for what came after the last test, or before the first when that never ran.
afterEach(failOnFaults);
afterAll(failOnFaults);

/** One connection of a device. */
export class RecordedSocket {
  readonly arrivals: Arrival[] = [];
  /** Why it was closed, in order. */
  readonly closings: string[] = [];

  /** `type` is what its token says; without one it is a socket to something else than our API. */
  private constructor(
    readonly socket: Socket,
    private readonly type: TokenType | null,
  ) {
    socket.onAny((event: string, ...payloads: Record<string, unknown>[]) => {
      this.arrivals.push({ event, payload: payloads[0] ?? {}, at: Date.now() });
      if (type !== null) note(faultOfEvent(type, event, payloads));
    });
    socket.on('disconnect', (reason) => this.closings.push(reason));
  }

  /** Connects; rejects with the server's refusal (`connect_error`). */
  static open(url: string, token: string | undefined, choice: SocketChoice = {}): Promise<RecordedSocket> {
    const options = {
      auth: token === undefined ? {} : { token },
      transports: ['websocket'],
      forceNew: true,
      reconnection: false,
      ...choice,
    };
    const socket = io(url, options);
    const recorded = new RecordedSocket(socket, tokenTypeOf((options.auth as { token?: unknown }).token));
    return new Promise((resolve, reject) => {
      socket.once('connect', () => resolve(recorded));
      socket.once('connect_error', (error) => {
        // Only a refusal by the server has data; others are of the network, or of a namespace not ours.
        if ('data' in error && new URL(url).pathname === '/') note(faultOfConnectError(error.message));
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
  async ask(event: string, ...args: unknown[]): Promise<Record<string, unknown>> {
    const asked = this.socket.timeout(5_000).emitWithAck(event, ...args);
    const answer = (await asked) as Record<string, unknown>;
    if (this.type !== null) note(faultOfAnswer(this.type, event, answer));
    return answer;
  }

  /** Drops the connection as a dead network does: without a word to the server. */
  drop(): void {
    this.socket.io.engine.transport.close();
  }

  /** The next time that it is connected again by itself. */
  back(): Promise<void> {
    return new Promise((resolve) => this.socket.once('connect', () => resolve()));
  }

  close(): void {
    this.socket.close();
  }
}
