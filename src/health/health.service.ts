import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import type { Logger } from 'pino';
import { databaseNow } from '../../database/statements/repairs.js';
import type { DispatchContext } from '../../dispatch/context.js';
import type { AssignmentClient } from '../assignment-client/assignment-client.js';
import { Loop } from '../config/loop.js';
import { ASSIGNMENT_CLIENT, DISPATCH, LOGGER } from '../config/providers.js';

type State = 'up' | 'down' | 'starting';
export interface Readiness {
  ready: boolean;
  postgres: 'up' | 'down';
  temporal: State;
  worker: State;
  detail?: string;
}

const LOOK_EVERY_MS = 1_000;
const POSTGRES_WAIT_MS = 1_000;

/**
 * Ready: Postgres answers; Temporal and a polling worker have been seen once since the start (a later
 * loss of Temporal holds nobody up: taps are answered, bookings are taken, all catches up); not stopping.
 */
@Injectable()
export class HealthService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private temporal: State = 'starting';
  private worker: State = 'starting';
  private stopping = false;
  private readonly loop: Loop;

  constructor(
    @Inject(DISPATCH) private readonly dispatch: DispatchContext,
    @Inject(ASSIGNMENT_CLIENT) private readonly client: AssignmentClient,
    @Inject(LOGGER) logger: Logger,
  ) {
    this.loop = new Loop('health', LOOK_EVERY_MS, logger, () => this.look());
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.look();
    this.loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.leave();
    await this.loop.stop();
  }

  /** Not ready from now on: whoever sends requests here has time to look elsewhere. */
  leave(): void {
    this.stopping = true;
  }

  /** True from `leave` on. */
  get isLeaving(): boolean {
    return this.stopping;
  }

  /** True while Temporal has not answered, or does not any more. */
  get temporalIsAway(): boolean {
    return this.temporal !== 'up';
  }

  async readiness(): Promise<Readiness> {
    const postgres = await this.postgres();
    const seen = this.temporal !== 'starting' && this.worker !== 'starting';
    const detail = this.stopping
      ? 'stopping'
      : postgres === 'down'
        ? 'Postgres does not answer'
        : seen
          ? undefined
          : 'waiting for Temporal and a polling worker';
    return {
      ready: detail === undefined,
      postgres,
      temporal: this.temporal,
      worker: this.worker,
      ...(detail === undefined ? {} : { detail }),
    };
  }

  private async postgres(): Promise<'up' | 'down'> {
    const slow = new Promise<'down'>((resolve) =>
      setTimeout(() => resolve('down'), POSTGRES_WAIT_MS).unref(),
    );
    const asked = databaseNow(this.dispatch.source.manager).then(
      () => 'up' as const,
      () => 'down' as const,
    );
    return Promise.race([asked, slow]);
  }

  private async look(): Promise<void> {
    try {
      const polled = await this.client.hasWorker();
      this.temporal = 'up';
      if (polled) this.worker = 'up';
      else if (this.worker !== 'starting') this.worker = 'down';
    } catch {
      if (this.temporal !== 'starting') this.temporal = 'down';
    }
  }
}
