import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { Logger } from 'pino';
import { waitingForConnection } from '../../database/data-source.js';
import { lookAtNotBegun } from '../../database/statements/searches.js';
import type { DispatchContext } from '../../dispatch/context.js';
import { Loop } from '../config/loop.js';
import { API_CONFIG, DISPATCH, LOGGER } from '../config/providers.js';
import type { ApiConfig } from '../config/environment.js';
import { HealthService } from '../health/health.service.js';
import { Metrics } from '../health/metrics.js';
import { OverloadedException } from '../http/overloaded.js';
import { AWAY_FACTOR, roomFor } from './room.js';

/** Often enough that a crowd does not get far past the bound, and one small query each time. */
const LOOK_EVERY_MS = 500;
/** What is too much now takes seconds to be worked off. */
const RETRY_AFTER_SECONDS = 3;
/** So many statements in line for each connection are a second of waiting, for the taps behind them too. */
const WAITING_PER_CONNECTION = 20;
const BUSY_LOOKS = 2;

type Reason = 'backlog' | 'database';
const DETAILS: Record<Reason, string> = {
  backlog: 'Too many bookings wait for their search to begin; try again.',
  database: 'The database is busy; try again.',
};

/**
 * Whether new bookings are taken. Refusing one at the door costs a millisecond; taking more than can be worked off costs
 * all who were taken. Taps and reads are never refused: they are what finishes the bookings that were taken.
 */
@Injectable()
export class Admission implements OnApplicationBootstrap, OnApplicationShutdown {
  private room: number;
  private waiting = 0;
  private taken = 0;
  private refused = 0;
  private refusing = false;
  /** Looks in a row that found too many statements in line: a burst, as of apps that all come back, passes by itself. */
  private busyLooks = 0;
  private readonly loop: Loop;

  constructor(
    @Inject(API_CONFIG) private readonly config: ApiConfig,
    @Inject(DISPATCH) private readonly dispatch: DispatchContext,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly health: HealthService,
    private readonly metrics: Metrics,
  ) {
    this.room = config.BOOKING_BACKLOG;
    this.loop = new Loop('admission', LOOK_EVERY_MS, logger, () => this.look());
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  onApplicationShutdown(): Promise<void> {
    return this.loop.stop();
  }

  /** Why there is no place for a new booking; null where there is one. */
  refusal(): OverloadedException | null {
    const reason = this.reasonToRefuse();
    return reason === null ? null : new OverloadedException(DETAILS[reason], RETRY_AFTER_SECONDS);
  }

  /** The place of one new booking is taken. */
  noteTaken(): void {
    this.room -= 1;
    this.taken += 1;
  }

  /** A booking was refused in the end: counted. */
  noteRefused(): void {
    this.refused += 1;
    this.metrics.bookingsRefused.inc();
  }

  private reasonToRefuse(): Reason | null {
    if (this.room <= 0) return 'backlog';
    return this.busyLooks >= BUSY_LOOKS && this.databaseIsBusy() ? 'database' : null;
  }

  private databaseIsBusy(): boolean {
    const most = WAITING_PER_CONNECTION * this.config.DATABASE_POOL_SIZE;
    return waitingForConnection(this.dispatch.source) >= most;
  }

  private async look(): Promise<void> {
    const { BOOKING_BACKLOG: bound } = this.config;
    this.busyLooks = this.databaseIsBusy() ? this.busyLooks + 1 : 0;
    const [taken, before] = [this.taken, this.waiting];
    const { waiting, medianWaitMs } = await lookAtNotBegun(this.dispatch.source.manager, AWAY_FACTOR * bound);
    const begun = Math.max(0, before + taken - waiting);
    // What was taken while we counted may be in the count or not: it is taken from the room all the same.
    this.taken -= taken;
    this.waiting = waiting;
    const { temporalIsAway: temporalAway } = this.health;
    this.room = roomFor({ waiting, begun, medianWaitMs, temporalAway }, bound) - this.taken;
    this.metrics.bookingsWaiting.set(waiting);
    this.report();
  }

  /** One line when it begins and one when it is over: a line for each would be a load of its own. */
  private report(): void {
    const { refused, waiting, refusing } = this;
    this.refusing = refused > 0;
    this.refused = 0;
    if (this.refusing && !refusing) this.logger.warn({ waiting }, 'new bookings are refused');
    if (!this.refusing && refusing) this.logger.info({ waiting }, 'new bookings are taken again');
  }
}
