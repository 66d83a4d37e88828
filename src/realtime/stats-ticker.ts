import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Logger } from 'pino';
import type { Server } from 'socket.io';
import { selectStats } from '../../database/statements/lists.js';
import { ADMIN_ROOM } from '../../contract/rooms.js';
import type { DispatchContext } from '../../dispatch/context.js';
import { Loop } from '../config/loop.js';
import { DISPATCH, LOGGER } from '../config/providers.js';
import { ServerClock } from '../config/server-clock.js';

/** At most twice a second, when they changed, and only while somebody watches here. */
const TICK_MS = 500;

/** Sends `assignments:stats` to the operators who watch on this process. */
@Injectable()
export class StatsTicker implements OnApplicationShutdown {
  private last = '';
  private loop: Loop | undefined;

  constructor(
    @Inject(DISPATCH) private readonly dispatch: DispatchContext,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly clock: ServerClock,
  ) {}

  through(io: Server): void {
    this.loop = new Loop('stats', TICK_MS, this.logger, () => this.tick(io));
    this.loop.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.loop?.stop();
  }

  private async tick(io: Server): Promise<void> {
    if ((io.of('/').adapter.rooms.get(ADMIN_ROOM)?.size ?? 0) === 0) return;
    const stats = await selectStats(this.dispatch.source.manager);
    const seen = JSON.stringify(stats);
    if (seen === this.last) return;
    this.last = seen;
    io.local
      .to(ADMIN_ROOM)
      .emit('assignments:stats', { ...stats, at: new Date(this.clock.nowMs()).toISOString() });
  }
}
