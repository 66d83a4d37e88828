import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import type { Server } from 'socket.io';
import { recentEventsOfUsers } from '../../database/statements/events.js';
import { userRoom } from '../../contract/rooms.js';
import type { DispatchContext } from '../../dispatch/context.js';
import { missedByPilots } from '../../dispatch/missed-by-pilots.js';
import { wirePayload } from '../../dispatch/tidings.js';
import type { Caller } from '../auth/caller.js';
import { DISPATCH, LOGGER } from '../config/providers.js';

/** Looked back this much further than the connection was away, since its loss is noticed late. */
const MARGIN_MS = 5_000;
const TRY_AGAIN_MS = 1_000;
/** Longest pause between two tries, which go on until Postgres answers. */
const LONGEST_PAUSE_MS = 5_000;

/**
 * This process could not hear the others for a while: what its own sockets missed is sent again, from
 * the rows. Clients drop what they have, by `seq`, `offerId` and `bookingId`.
 */
@Injectable()
export class Repair {
  private io: Server | undefined;

  constructor(
    @Inject(DISPATCH) private readonly dispatch: DispatchContext,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  through(io: Server): void {
    this.io = io;
  }

  /** Sends again what was missed in the last `awayMs`. Never throws. */
  missed(awayMs: number): void {
    this.tellSince(performance.now() - awayMs, 1);
  }

  /** @param lostAt by the monotonic clock: what a try in vain takes is looked back as well */
  private tellSince(lostAt: number, attempt: number): void {
    const awayMs = performance.now() - lostAt;
    this.send(awayMs).then(
      (count) => this.logger.info({ awayMs: Math.round(awayMs), ...count }, 'missed messages sent again'),
      (error: unknown) => {
        const err = error instanceof Error ? error.message : String(error);
        this.logger.warn({ err, attempt }, 'missed messages not sent yet');
        const pauseMs = Math.min(attempt * TRY_AGAIN_MS, LONGEST_PAUSE_MS);
        setTimeout(() => this.tellSince(lostAt, attempt + 1), pauseMs).unref();
      },
    );
  }

  private async send(awayMs: number): Promise<{ events: number; toPilots: number }> {
    const { io } = this;
    if (io === undefined) return { events: 0, toPilots: 0 };
    const callers = [...io.of('/').sockets.values()].map(
      (socket) => (socket.data as { caller: Caller }).caller,
    );
    const idsOf = (type: Caller['type']): string[] => [
      ...new Set(callers.filter((caller) => caller.type === type).map((caller) => caller.id)),
    ];
    const { manager } = this.dispatch.source;
    let events = 0;
    for await (const event of recentEventsOfUsers(manager, idsOf('user'), awayMs + MARGIN_MS)) {
      io.local.to(userRoom(event.user_id)).emit(event.event, wirePayload(event));
      events += 1;
    }
    const toPilots = await missedByPilots(manager, idsOf('pilot'), awayMs + MARGIN_MS);
    for (const { room, event, payload } of toPilots) io.local.to(room).emit(event, payload);
    return { events, toPilots: toPilots.length };
  }
}
