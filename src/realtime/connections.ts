import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Logger } from 'pino';
import type { Server, Socket } from 'socket.io';
import type { DispatchContext } from '../../dispatch/context.js';
import { readOffers } from '../../dispatch/reads.js';
import type { ConnectError } from '../../contract/problems.js';
import { pilotRoom, userRoom } from '../../contract/rooms.js';
import type { Caller } from '../auth/caller.js';
import { Revocations } from '../auth/revocations.js';
import { TokenVerifier } from '../auth/token-verifier.js';
import { API_CONFIG, DISPATCH, LOGGER } from '../config/providers.js';
import type { ApiConfig } from '../config/environment.js';
import { ServerClock } from '../config/server-clock.js';
import { Metrics } from '../health/metrics.js';
import { RateLimiter } from '../http/rate-limiter.js';
import { Positions } from '../pilots/positions.js';
import { answerMessage, type Answer } from './messages.js';
import { Presence } from './presence.js';

/** A socket with a revoked or expired token is closed within this. */
const LOOK_EVERY_MS = 1_000;
/** Messages of one socket: this many at once, refilled by so many a second. */
const BURST = 60;
const REFILL_PER_SECOND = 20;

interface SocketState {
  caller: Caller;
  tokens: number;
  filledAt: number;
}

/** One socket's life: who it is, its room, its messages, its end. */
@Injectable()
export class Connections implements OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    @Inject(API_CONFIG) private readonly config: ApiConfig,
    @Inject(DISPATCH) private readonly dispatch: DispatchContext,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly tokens: TokenVerifier,
    private readonly revocations: Revocations,
    private readonly limiter: RateLimiter,
    private readonly presence: Presence,
    private readonly positions: Positions,
    private readonly metrics: Metrics,
    private readonly clock: ServerClock,
  ) {}

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** At connect, before any event: a bad token gets no socket. Answers the refusal, or null. */
  async authenticate(socket: Socket): Promise<Error | null> {
    const limits = this.config.RATE_LIMIT;
    if (limits !== null) {
      const allowed = await this.limiter
        .take(`address:${socket.handshake.address}`, limits.requestsPerAddress)
        .then(
          () => true,
          () => false,
        );
      if (!allowed) return refusal('rate_limited');
    }
    const { token } = socket.handshake.auth as { token?: unknown };
    const caller = typeof token === 'string' ? await this.tokens.verify(token) : null;
    if (caller === null) return refusal('unauthorized');
    if (caller.type === 'pilot') await this.presence.connected(caller.id);
    socket.data = { caller, tokens: BURST, filledAt: performance.now() } satisfies SocketState;
    return null;
  }

  /** A socket is connected. Nothing here may throw: it would end the process. */
  serve(socket: Socket): void {
    const { caller } = socket.data as SocketState;
    this.metrics.sockets.inc({ type: caller.type });
    socket.on('disconnect', (reason) => {
      this.metrics.sockets.dec({ type: caller.type });
      // A socket that was closed was there until now; one that stopped answering was not.
      if (caller.type === 'pilot' && reason !== 'ping timeout') this.presence.signOfLife(caller.id);
    });
    socket.on('error', () => undefined);
    socket.onAny((event: unknown, ...args: unknown[]) => {
      this.onMessage(socket, event, args).catch(() => undefined);
    });
    this.welcome(socket, caller).catch((error: unknown) =>
      this.logger.warn({ err: error instanceof Error ? error.message : 'error' }, 'welcome failed'),
    );
  }

  /** Closes sockets whose token expired or was revoked meanwhile. */
  watch(io: Server): void {
    this.timer = setInterval(() => {
      const nowSeconds = this.clock.nowMs() / 1000;
      for (const socket of io.of('/').sockets.values()) {
        const { caller } = socket.data as SocketState;
        const expired = caller.expiresAt !== null && caller.expiresAt <= nowSeconds;
        if (expired || this.revocations.isRevoked(caller)) socket.disconnect(true);
      }
    }, LOOK_EVERY_MS);
  }

  private async welcome(socket: Socket, caller: Caller): Promise<void> {
    if (caller.type === 'user') await socket.join(userRoom(caller.id));
    if (caller.type !== 'pilot') return;
    await socket.join(pilotRoom(caller.id));
    socket.conn.on('packet', () => this.presence.signOfLife(caller.id));
    // He may have been away while he was asked: the live offer again, with the time that is left.
    for (const offer of await readOffers(this.dispatch, caller.id)) socket.emit('booking:offer', offer);
  }

  private async onMessage(socket: Socket, event: unknown, args: unknown[]): Promise<void> {
    const last = args.at(-1);
    const acknowledge = typeof last === 'function' ? (last as (answer: Answer) => void) : null;
    const answer = await this.answer(
      socket,
      event,
      args[0] === last && acknowledge !== null ? undefined : args[0],
    );
    acknowledge?.(answer);
  }

  private async answer(socket: Socket, event: unknown, body: unknown): Promise<Answer> {
    const state = socket.data as SocketState;
    if (!this.mayTalk(state))
      return { ok: false, error: 'rate_limited', detail: 'Too many messages; slow down.' };
    const { dispatch, positions } = this;
    try {
      return await answerMessage(
        { dispatch, positions, caller: state.caller, join: (room) => void socket.join(room) },
        event,
        body,
      );
    } catch (error) {
      this.logger.warn({ err: error instanceof Error ? error.message : 'error' }, 'message failed');
      return { ok: false, error: 'rate_limited', detail: 'Not available now; try again in a moment.' };
    }
  }

  private mayTalk(state: SocketState): boolean {
    if (this.config.RATE_LIMIT === null) return true;
    const now = performance.now();
    const refilled = state.tokens + ((now - state.filledAt) / 1000) * REFILL_PER_SECOND;
    state.tokens = Math.min(BURST, refilled) - 1;
    state.filledAt = now;
    if (state.tokens >= 0) return true;
    state.tokens = 0;
    return false;
  }
}

/** Refuses a handshake, in one of the words of the contract. */
export function refusal(why: ConnectError): Error {
  return new Error(why);
}
