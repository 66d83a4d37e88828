import type { IncomingMessage } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { Socket } from 'socket.io';
import { API_CONFIG } from '../config/providers.js';
import type { ApiConfig } from '../config/environment.js';
import { Metrics } from '../health/metrics.js';
import { clientAddress, trustOf } from '../http/client-address.js';

/** Messages of one person, on all his sockets here together: this many at once, refilled by so many a second. */
const BURST = 60;
const REFILL_PER_SECOND = 20;
/** Past this many times its limit an address gets no handshake at all: until then each is told why. */
const HARD_TIMES = 2;

interface Talker {
  sockets: Socket[];
  tokens: number;
  filledAt: number;
}

/** What one API process lets one person and one address hold open, and how fast a person may talk. */
@Injectable()
export class SocketLimits {
  private readonly talkers = new Map<string, Talker>();
  private readonly open = new Map<string, number>();

  constructor(
    @Inject(API_CONFIG) private readonly config: ApiConfig,
    private readonly http: HttpAdapterHost,
    private readonly metrics: Metrics,
  ) {}

  addressOf(request: IncomingMessage): string {
    return clientAddress(request, trustOf(this.http.httpAdapter.getInstance() as never));
  }

  /** A connection of any kind, before anybody said who he is; `closed` tells its end. */
  connected(request: IncomingMessage, closed: (then: () => void) => void): void {
    const address = this.addressOf(request);
    this.open.set(address, (this.open.get(address) ?? 0) + 1);
    closed(() => {
      const left = (this.open.get(address) ?? 1) - 1;
      if (left > 0) this.open.set(address, left);
      else this.open.delete(address);
    });
  }

  /** Does this connection's address hold more than it may? */
  addressIsFull(request: IncomingMessage): boolean {
    return this.over(request, 1);
  }

  /** Does it hold so many that not even a refusal is due? */
  addressIsFlooding(request: IncomingMessage): boolean {
    return this.over(request, HARD_TIMES);
  }

  /**
   * One more socket of a person. Past his limit his oldest is closed: a phone that comes back after its network died
   * must get in, and what it left behind looks open for some seconds yet.
   */
  add(personId: string, socket: Socket): void {
    const talker = this.talkerOf(personId);
    talker.sockets.push(socket);
    const most = this.config.SOCKET_LIMIT?.perPerson ?? Infinity;
    for (const oldest of talker.sockets.splice(0, talker.sockets.length - most)) {
      this.metrics.limited.inc({ limit: 'sockets' });
      oldest.disconnect(true);
    }
  }

  remove(personId: string, socket: Socket): void {
    const talker = this.talkers.get(personId);
    if (talker !== undefined) talker.sockets = talker.sockets.filter((one) => one !== socket);
  }

  /** Takes one message of a person; false when he must slow down. */
  mayTalk(personId: string): boolean {
    if (this.config.RATE_LIMIT === null) return true;
    const talker = this.talkerOf(personId);
    const now = performance.now();
    talker.tokens = filled(talker, now) - 1;
    talker.filledAt = now;
    if (talker.tokens >= 0) return true;
    talker.tokens = 0;
    this.metrics.limited.inc({ limit: 'messages' });
    return false;
  }

  /** Forgets who is gone, once he could talk freely again: leaving and coming back must not fill him up. */
  forgetGone(): void {
    const now = performance.now();
    for (const [id, talker] of this.talkers)
      if (talker.sockets.length === 0 && filled(talker, now) >= BURST) this.talkers.delete(id);
  }

  private over(request: IncomingMessage, times: number): boolean {
    const most = this.config.SOCKET_LIMIT?.perAddress ?? Infinity;
    if ((this.open.get(this.addressOf(request)) ?? 0) <= most * times) return false;
    this.metrics.limited.inc({ limit: 'sockets' });
    return true;
  }

  private talkerOf(personId: string): Talker {
    const known = this.talkers.get(personId);
    if (known !== undefined) return known;
    const talker = { sockets: [], tokens: BURST, filledAt: performance.now() };
    this.talkers.set(personId, talker);
    return talker;
  }
}

function filled(talker: Talker, now: number): number {
  return Math.min(BURST, talker.tokens + ((now - talker.filledAt) / 1000) * REFILL_PER_SECOND);
}
