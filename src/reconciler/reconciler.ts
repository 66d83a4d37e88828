import { randomUUID } from 'node:crypto';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { Logger } from 'pino';
import { waitingSearchesWithPilots, type WaitingPlace } from '../../database/statements/claim.js';
import { overdueOffers } from '../../database/statements/offers.js';
import { forgetOldPositions } from '../../database/statements/pilots.js';
import { sweepRecords } from '../../database/statements/records.js';
import { sweepSteps } from '../../database/statements/search-steps.js';
import {
  bookingsWithWorkflow,
  databaseNow,
  dropLease,
  stalledBookings,
  takeLease,
  unfinishedOf,
  APIS_LEASE,
  LEASE_MS,
  RECONCILER_LEASE,
} from '../../database/statements/repairs.js';
import { IDEMPOTENCY_MS, SEARCH_STEPS_KEPT_MS } from '../../contract/limits.js';
import type { DispatchContext } from '../../dispatch/context.js';
import { settleOffer } from '../../dispatch/settle-offer.js';
import { tellOfUnreachablePilots } from '../../dispatch/sweeps.js';
import { TemporalUnavailableError, type AssignmentClient } from '../assignment-client/assignment-client.js';
import { eachInTurn, Loop } from '../config/loop.js';
import { API_CONFIG, ASSIGNMENT_CLIENT, DISPATCH, LOGGER } from '../config/providers.js';
import type { ApiConfig } from '../config/environment.js';
import { Metrics } from '../health/metrics.js';
import { OutboxRelay } from '../outbox/outbox-relay.js';

/** Often enough that a waiting search hears of a pilot within a second. */
const ROUND_EVERY_MS = 400;
/** What is due this long and not done has nobody working on it: a worker acts within 1.5 s. */
const GRACE_MS = 3_000;
/** A workflow that was just nudged is given time to act: under load a nudge a round would be a flood. */
const NUDGE_AGAIN_MS = { waiting: 600, repair: 10_000 } as const;
/** A workflow that was found open is open for so long, and so long a round may ask for others. */
const OPEN_FOR_MS = 10_000;
const ASKING_MS = 400;
/** Repairs are looked for in every fifth round; what is old is swept in the first, and each minute. */
const REPAIR_ROUNDS = 5;
const SWEEP_ROUNDS = 150;
/** Workflows that are in no list any more, since somebody deleted them, are looked for in every fifteenth: each 6 s. */
const LOST_ROUNDS = 15;
/** A search younger than this may still be on its way into Temporal's lists. */
const LISTED_AFTER_MS = 6_000;
/** Asked for in one call; and how long a round goes on with the next ones. */
const LOST_ASKED_AT_ONCE = 100;
const LOOKING_FOR_LOST_MS = 300;
const BEFORE_ALL_NUMBERS = '0';
/** Searches that wait, looked at in one statement; and how long a round goes on with the next ones. */
const WAITING_LOOKED_AT_ONCE = 200;
const WAKING_MS = 200;
/** Workflows that ended by force are looked for this far behind the last look; at the first after a start, a day. */
const BROKEN_WINDOW_MS = 120_000;
const LONGEST_BROKEN_WINDOW_MS = 86_400_000;

/**
 * Looks for what no one is working on and repairs it by the same statements as everybody, one process at
 * a time by lease. Each repair may run twice, and each is counted.
 */
@Injectable()
export class Reconciler implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly holder = randomUUID();
  private readonly loop: Loop;
  /** Says that an API lives, also while a round takes long: else searches would wait for pilots who are all heard. */
  private readonly living: Loop;
  private round = 0;
  private wokenUpTo: WaitingPlace | null = null;
  /** The number of the last booking whose workflow was looked for. */
  private lookedUpTo = BEFORE_ALL_NUMBERS;
  /** When workflows that ended by force were last looked for, by the monotonic clock; null when never. */
  private lookedForBrokenAt: number | null = null;
  private readonly nudgedAt = new Map<string, number>();
  private readonly foundOpenAt = new Map<string, number>();

  constructor(
    @Inject(DISPATCH) private readonly dispatch: DispatchContext,
    @Inject(ASSIGNMENT_CLIENT) private readonly client: AssignmentClient,
    @Inject(API_CONFIG) private readonly config: ApiConfig,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly relay: OutboxRelay,
    private readonly metrics: Metrics,
  ) {
    this.loop = new Loop('reconciler', ROUND_EVERY_MS, logger, () => this.reconcile());
    this.living = new Loop('living', ROUND_EVERY_MS, logger, async () => {
      await takeLease(dispatch.source.manager, APIS_LEASE.name, APIS_LEASE.holder, LEASE_MS);
    });
  }

  onApplicationBootstrap(): void {
    this.living.start();
    this.loop.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([this.loop.stop(), this.living.stop()]);
    const { manager } = this.dispatch.source;
    await dropLease(manager, RECONCILER_LEASE, this.holder).catch(() => undefined);
    // The others, if there are any, take it again at once.
    await dropLease(manager, APIS_LEASE.name, APIS_LEASE.holder).catch(() => undefined);
  }

  private async reconcile(): Promise<void> {
    const { manager } = this.dispatch.source;
    if (!(await takeLease(manager, RECONCILER_LEASE, this.holder, LEASE_MS))) return;
    this.round += 1;
    const due = [() => this.wakeWaiting()];
    if (this.round % REPAIR_ROUNDS === 0)
      due.push(
        async () => void (await tellOfUnreachablePilots(this.dispatch, this.config.JOB_STALE_MS)),
        () => this.endOverdueOffers(),
        () => this.reviveStalled(),
        () => this.repairBroken(),
      );
    if (this.round % LOST_ROUNDS === 0) due.push(() => this.repairLost());
    if (this.round % SWEEP_ROUNDS === 1) due.push(() => this.sweep());
    await eachInTurn(due);
  }

  /**
   * Searches that wait hear of who came near. As many are looked at as there is time for, and the next round goes on
   * behind them: however many wait where nobody is, the others have their turn.
   */
  private async wakeWaiting(): Promise<void> {
    const { manager } = this.dispatch.source;
    const enoughAt = performance.now() + WAKING_MS;
    do {
      const { bookingIds, last } = await waitingSearchesWithPilots(
        manager,
        this.wokenUpTo,
        WAITING_LOOKED_AT_ONCE,
      );
      await Promise.all(bookingIds.map((bookingId) => this.nudge('waiting', bookingId)));
      this.wokenUpTo = last;
    } while (this.wokenUpTo !== null && performance.now() < enoughAt);
  }

  private async sweep(): Promise<void> {
    const { manager } = this.dispatch.source;
    await sweepRecords(manager, IDEMPOTENCY_MS);
    await sweepSteps(manager, SEARCH_STEPS_KEPT_MS);
    const forgotten = await forgetOldPositions(manager, this.config.POSITIONS_KEPT_MS);
    if (forgotten > 0) this.logger.info({ forgotten }, 'old positions deleted');
  }

  private async endOverdueOffers(): Promise<void> {
    const overdue = await overdueOffers(this.dispatch.source.manager, GRACE_MS);
    await eachInTurn(
      overdue.map((offer) => async () => {
        await settleOffer(this.dispatch, { bookingId: offer.booking_id, offerId: offer.id });
        await this.repaired('overdue_offer', offer.booking_id);
      }),
    );
  }

  private async reviveStalled(): Promise<void> {
    const stalled = await stalledBookings(this.dispatch.source.manager, GRACE_MS);
    const ids = stalled.map((booking) => booking.booking_id);
    await this.reviveClosed('stalled_booking', ids);
  }

  /** A workflow that was terminated by hand, or failed, gets a new run. */
  private async repairBroken(): Promise<void> {
    const lookedAt = performance.now();
    const windowMs =
      this.lookedForBrokenAt === null
        ? LONGEST_BROKEN_WINDOW_MS
        : Math.min(LONGEST_BROKEN_WINDOW_MS, BROKEN_WINDOW_MS + lookedAt - this.lookedForBrokenAt);
    const now = await databaseNow(this.dispatch.source.manager);
    const broken = await this.client.brokenSince(windowMs, now.getTime()).catch(orNullWhileAway);
    if (broken === null) return;
    const unfinished = await unfinishedOf(this.dispatch.source.manager, broken);
    const ids = unfinished.map((booking) => booking.booking_id);
    await this.reviveClosed('broken_workflow', ids);
    this.lookedForBrokenAt = lookedAt;
  }

  /** A workflow that was deleted, or that Temporal lost, gets a new run: it is in no list of those that ended. */
  private async repairLost(): Promise<void> {
    const enoughAt = performance.now() + LOOKING_FOR_LOST_MS;
    do {
      const looked = await bookingsWithWorkflow(this.dispatch.source.manager, {
        ageMs: LISTED_AFTER_MS,
        afterNumber: this.lookedUpTo,
        limit: LOST_ASKED_AT_ONCE,
      });
      const ids = looked.map((booking) => booking.booking_id);
      const open = ids.length === 0 ? new Set() : await this.client.listedOpen(ids).catch(orNullWhileAway);
      if (open === null) return;
      await this.reviveClosed(
        'lost_workflow',
        ids.filter((id) => !open.has(id)),
      );
      this.lookedUpTo =
        looked.length < LOST_ASKED_AT_ONCE
          ? BEFORE_ALL_NUMBERS
          : (looked.at(-1)?.number ?? BEFORE_ALL_NUMBERS);
    } while (this.lookedUpTo !== BEFORE_ALL_NUMBERS && performance.now() < enoughAt);
  }

  /**
   * One whose workflow is open is only waiting for a busy worker: telling it again would add to the load. So would asking
   * for hundreds: there is a time for it in each round, and one that was found open is not asked for again for a while.
   */
  private async reviveClosed(kind: string, bookingIds: string[]): Promise<void> {
    const startedAt = performance.now();
    forgetBefore(this.foundOpenAt, startedAt - OPEN_FOR_MS);
    for (const bookingId of bookingIds) {
      if (this.foundOpenAt.has(bookingId)) continue;
      if (performance.now() > startedAt + ASKING_MS) return;
      const open = await this.client.isOpen(bookingId).catch(orNullWhileAway);
      if (open === true) this.foundOpenAt.set(bookingId, performance.now());
      if (open === false) await this.repaired(kind, bookingId);
    }
  }

  private async repaired(kind: string, bookingId: string): Promise<void> {
    if (!(await this.nudge('repair', bookingId))) return;
    this.metrics.repairs.inc({ kind });
    this.logger.warn({ bookingId, kind }, 'repaired');
  }

  /** While Temporal is away nothing is lost: a later round finds the same again. True when nudged. */
  private async nudge(why: keyof typeof NUDGE_AGAIN_MS, bookingId: string): Promise<boolean> {
    const now = performance.now();
    forgetBefore(this.nudgedAt, now - NUDGE_AGAIN_MS.repair);
    if (now - (this.nudgedAt.get(bookingId) ?? -Infinity) < NUDGE_AGAIN_MS[why]) return false;
    try {
      await this.relay.nudge(bookingId);
      this.nudgedAt.set(bookingId, now);
      return true;
    } catch (error) {
      if (!(error instanceof TemporalUnavailableError)) throw error;
      return false;
    }
  }
}

function forgetBefore(times: Map<string, number>, before: number): void {
  for (const [id, at] of times) if (at < before) times.delete(id);
}

/** While Temporal is away nothing is lost: a later round finds the same again. */
function orNullWhileAway(error: unknown): null {
  if (error instanceof TemporalUnavailableError) return null;
  throw error;
}
