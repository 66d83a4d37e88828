import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import pLimit, { type LimitFunction } from 'p-limit';
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
import { RateLimiter, TooManyRequestsException } from '../http/rate-limiter.js';
import { Positions } from '../pilots/positions.js';
import { ReadAudit } from '../auth/read-audit.js';
import { answerMessage, type Answer } from './messages.js';
import { Presence } from './presence.js';
import { SocketLimits } from './socket-limits.js';

/** A socket with a revoked or expired token is closed within this. */
const LOOK_EVERY_MS = 1_000;
/**
 * Of the connections to Postgres, what clients that catch up may use at once: after a restart all of them do, and the
 * bookings and taps of others must not stand in line behind them.
 */
const SHARE_FOR_CATCHING_UP = 0.25;

interface SocketState {
  caller: Caller;
}

/** One socket's life: who it is, its room, its messages, its end. */
@Injectable()
export class Connections implements OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private readonly inTurn: LimitFunction;

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
    private readonly limits: SocketLimits,
    private readonly audit: ReadAudit,
  ) {
    this.inTurn = pLimit(Math.max(1, Math.floor(config.DATABASE_POOL_SIZE * SHARE_FOR_CATCHING_UP)));
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** At connect, before any event: a bad token gets no socket. Answers the refusal, or null. */
  async authenticate(socket: Socket): Promise<Error | null> {
    const { request } = socket;
    if (this.limits.addressIsFull(request)) return refusal('rate_limited');
    const most = this.config.RATE_LIMIT;
    if (!(await this.mayKnock('address', this.limits.addressOf(request), most?.requestsPerAddress)))
      return refusal('rate_limited');
    const { token } = socket.handshake.auth as { token?: unknown };
    const caller = typeof token === 'string' ? await this.tokens.verify(token) : null;
    if (caller === null) return refusal('unauthorized');
    if (!(await this.mayKnock('token', caller.id, most?.requestsPerToken))) return refusal('rate_limited');
    if (caller.type === 'pilot') await this.presence.connected(caller.id);
    socket.data = { caller } satisfies SocketState;
    return null;
  }

  /** A handshake counts as a request like any other. Throws while the database is away. */
  private async mayKnock(kind: 'address' | 'token', of: string, limit: number | undefined): Promise<boolean> {
    if (limit === undefined) return true;
    try {
      await this.limiter.take(kind, of, limit);
      return true;
    } catch (error) {
      if (error instanceof TooManyRequestsException) return false;
      throw error;
    }
  }

  /** A socket is connected. Nothing here may throw: it would end the process. */
  serve(socket: Socket): void {
    const { caller } = socket.data as SocketState;
    this.metrics.sockets.inc({ type: caller.type });
    this.limits.add(caller.id, socket);
    const heard = (): void => this.presence.signOfLife(caller.id);
    if (caller.type === 'pilot') socket.conn.on('packet', heard);
    socket.on('disconnect', (reason) => {
      // One connection may carry one socket after the other.
      socket.conn.off('packet', heard);
      this.metrics.sockets.dec({ type: caller.type });
      this.limits.remove(caller.id, socket);
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
      this.limits.forgetGone();
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
    const { caller } = socket.data as SocketState;
    if (!this.limits.mayTalk(caller.id))
      return { ok: false, error: 'rate_limited', detail: 'Too many messages; slow down.' };
    const { dispatch, positions, audit, inTurn } = this;
    try {
      return await answerMessage(
        { dispatch, positions, audit, caller, inTurn, join: (room) => void socket.join(room) },
        event,
        body,
      );
    } catch (error) {
      this.logger.warn({ err: error instanceof Error ? error.message : 'error' }, 'message failed');
      return { ok: false, error: 'rate_limited', detail: 'Not available now; try again in a moment.' };
    }
  }
}

/** Refuses a handshake, in one of the words of the contract. */
export function refusal(why: ConnectError): Error {
  return new Error(why);
}
