/** The socket door: one line that comes back by itself, and says when it is away. */
import { signal, type ReadonlySignal } from '@preact/signals';
import { io, type Socket } from 'socket.io-client';
import type { Session } from './session.js';

/** Between two tries to reconnect at most, so that a page is right within two seconds of the server being back. */
const RECONNECT_AT_MOST_MS = 800;
/** A message that is not acknowledged within this is lost: the line is dead, whatever it says. */
const ACK_WITHIN_MS = 1_500;
const LOOK_EVERY_MS = 1_000;
/** A timer that comes this late tells of a device that slept. */
const SLEPT_MS = 3_000;

export type Ack = { ok: true; [field: string]: unknown } | { ok: false; error: string; detail: string };

export class Line {
  private readonly state = signal<'connecting' | 'up' | 'down'>('connecting');
  private readonly socket: Socket;
  private readonly timer: ReturnType<typeof setInterval>;
  private lookedAt = Date.now();

  constructor(private readonly session: Session) {
    this.socket = io({
      auth: (give) => give({ token: session.identity.value?.token }),
      // Polling first would cost two requests and half a second at each return.
      transports: ['websocket', 'polling'],
      reconnectionDelay: 200,
      reconnectionDelayMax: RECONNECT_AT_MOST_MS,
      timeout: 4_000,
    });
    this.socket.on('connect', () => (this.state.value = 'up'));
    this.socket.on('disconnect', (reason) => {
      this.state.value = 'down';
      // The server closed it on purpose: socket.io would not come back by itself.
      if (reason === 'io server disconnect') setTimeout(() => this.socket.connect(), RECONNECT_AT_MOST_MS);
    });
    this.socket.on('connect_error', (error) => {
      this.state.value = 'down';
      if (error.message === 'unauthorized') void this.comeBack();
      else if (!this.socket.active) setTimeout(() => this.socket.connect(), RECONNECT_AT_MOST_MS);
    });
    this.timer = setInterval(() => this.look(), LOOK_EVERY_MS);
    window.addEventListener('online', this.wake);
    window.addEventListener('offline', this.wake);
    document.addEventListener('visibilitychange', this.wake);
  }

  /** `connecting` before the first connection; `down` whenever it is lost. */
  get status(): ReadonlySignal<'connecting' | 'up' | 'down'> {
    return this.state;
  }

  /** Hears an event until `close`. */
  on<T>(event: string, hear: (payload: T) => void): void {
    this.socket.on(event, hear as (payload: unknown) => void);
  }

  /** Calls at every connection, the first one too: the moment to ask what is so. */
  onConnect(hear: () => void): void {
    this.socket.on('connect', hear);
    if (this.socket.connected) hear();
  }

  /** Sends and answers the acknowledgement; null when none came, and the line is then made anew. */
  async ask<T extends object = Ack>(event: string, message: object): Promise<T | null> {
    if (!this.socket.connected) return null;
    try {
      return (await this.socket.timeout(ACK_WITHIN_MS).emitWithAck(event, message)) as T;
    } catch {
      this.cut();
      return null;
    }
  }

  close(): void {
    clearInterval(this.timer);
    window.removeEventListener('online', this.wake);
    window.removeEventListener('offline', this.wake);
    document.removeEventListener('visibilitychange', this.wake);
    this.socket.close();
  }

  private look(): void {
    const now = Date.now();
    const slept = now - this.lookedAt > LOOK_EVERY_MS + SLEPT_MS;
    this.lookedAt = now;
    if (slept) this.wake();
  }

  /** After sleep, or when the network changed, the socket may be dead and not know it. */
  private readonly wake = (): void => {
    if (document.visibilityState === 'hidden') return;
    if (!navigator.onLine) this.cut();
    else if (this.socket.connected) void this.probe();
    else this.socket.connect();
  };

  /** Any message is acknowledged, an unknown one too. */
  private async probe(): Promise<void> {
    await this.ask('line:probe', {});
  }

  private cut(): void {
    this.socket.io.engine?.close();
  }

  private async comeBack(): Promise<void> {
    const renewed = await this.session.renew().catch(() => false);
    if (renewed) this.socket.connect();
  }
}
