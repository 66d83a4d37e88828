import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { Logger } from 'pino';
import { markSeen } from '../../database/statements/pilots.js';
import type { DispatchContext } from '../../dispatch/context.js';
import { Loop } from '../config/loop.js';
import { DISPATCH, LOGGER } from '../config/providers.js';

/** Written this often; with a ping every 5 s a live socket's time is never older than 10 s. */
const WRITE_EVERY_MS = 1_500;
/** A pilot whose socket showed no sign of life for this long is not written again. */
const WORTH_WRITING_MS = 10_000;

/**
 * When each pilot's socket last gave a sign of life (any packet, a pong too), written in batches. A
 * socket that is open but silent, such as a frozen phone's, ages like one that is closed.
 */
@Injectable()
export class Presence implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly alive = new Map<string, number>();
  private readonly loop: Loop;

  constructor(
    @Inject(DISPATCH) private readonly dispatch: DispatchContext,
    @Inject(LOGGER) logger: Logger,
  ) {
    this.loop = new Loop('presence', WRITE_EVERY_MS, logger, () => this.write());
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  /** Sockets that were closed in order were there until now: that is written, too. */
  async onApplicationShutdown(): Promise<void> {
    await this.loop.stop();
    await this.write().catch(() => undefined);
  }

  /** A sign of life, to be written with the next batch. */
  signOfLife(pilotId: string): void {
    this.alive.set(pilotId, performance.now());
  }

  /** A pilot connects: reachable from this moment on. */
  async connected(pilotId: string): Promise<void> {
    await markSeen(this.dispatch.source.manager, [{ pilotId, agoMs: 0 }]);
  }

  /** What could not be written, since Postgres is away, is written with the next batch. */
  private async write(): Promise<void> {
    const now = performance.now();
    const seen = [...this.alive];
    const worthy = seen
      .map(([pilotId, at]) => ({ pilotId, agoMs: now - at }))
      .filter((one) => one.agoMs < WORTH_WRITING_MS);
    if (worthy.length > 0) await markSeen(this.dispatch.source.manager, worthy);
    for (const [pilotId, at] of seen) if (this.alive.get(pilotId) === at) this.alive.delete(pilotId);
  }
}
