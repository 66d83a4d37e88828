import { setImmediate } from 'node:timers/promises';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { Logger } from 'pino';
import { findBooking } from '../../database/statements/bookings.js';
import {
  deleteOutboxLines,
  leaseOutboxLines,
  postponeOutboxLine,
  type OutboxRow,
} from '../../database/statements/outbox.js';
import { FINAL_STATUSES, isOneOf } from '../../contract/words.js';
import type { DispatchContext } from '../../dispatch/context.js';
import { startOf } from '../../dispatch/create-booking.js';
import {
  TemporalUnavailableError,
  type AssignmentClient,
  type StartInput,
} from '../assignment-client/assignment-client.js';
import { ASSIGNMENT_CLIENT, DISPATCH, LOGGER } from '../config/providers.js';
import { Loop } from '../config/loop.js';

/** A relay that dies gives its lines to another after this. */
const LEASE_MS = 3_000;
const LINES_AT_ONCE = 50;
const LOOK_EVERY_MS = 250;
/** Back-off of a line that could not be delivered: from 0.2 s, doubling, to 2 s, without end. */
const FIRST_DELAY_MS = 200;
const LONGEST_DELAY_MS = 2_000;

/**
 * Tells Temporal what the rows have decided: at least once, in no order, since a signal is a nudge. The
 * process that committed a line delivers it at once; this loop takes over what was left behind.
 */
@Injectable()
export class OutboxRelay implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly loop: Loop;
  private done: string[] = [];
  private readonly underWay = new Set<Promise<void>>();

  constructor(
    @Inject(DISPATCH) private readonly dispatch: DispatchContext,
    @Inject(ASSIGNMENT_CLIENT) private readonly client: AssignmentClient,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.loop = new Loop('outbox relay', LOOK_EVERY_MS, logger, () => this.relayDueLines());
    dispatch.deliver = (lines) => this.deliverNow(lines);
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  async onApplicationShutdown(): Promise<void> {
    // What is being told right after its commit is told to the end; a line left behind would wait for its lease.
    await Promise.all([this.loop.stop(), ...this.underWay]);
    await this.removeDelivered().catch(() => undefined);
  }

  /**
   * Right after a commit. The answer to the caller is final without it, so nobody waits for it; and only a search's
   * start is waited for by people, so any other line lets the answer go out first.
   */
  private deliverNow(lines: OutboxRow[]): void {
    for (const line of lines) {
      const begun =
        line.kind === 'start' ? this.deliver(line) : setImmediate().then(() => this.deliver(line));
      const told = begun.then(
        () => void this.done.push(line.id),
        (error: unknown) => this.reportUndelivered(line, error),
      );
      this.underWay.add(told);
      void told.finally(() => this.underWay.delete(told));
    }
  }

  private async relayDueLines(): Promise<void> {
    await this.removeDelivered();
    const lines = await leaseOutboxLines(this.dispatch.source.manager, LINES_AT_ONCE, LEASE_MS);
    await Promise.all(lines.map((line) => this.relay(line)));
  }

  private async relay(line: OutboxRow): Promise<void> {
    try {
      await this.deliver(line);
      this.done.push(line.id);
    } catch (error) {
      this.reportUndelivered(line, error);
      const delayMs = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(10, line.attempts));
      await postponeOutboxLine(this.dispatch.source.manager, line.id, delayMs);
    }
  }

  private async removeDelivered(): Promise<void> {
    if (this.done.length === 0) return;
    const ids = this.done;
    this.done = [];
    try {
      await deleteOutboxLines(this.dispatch.source.manager, ids);
    } catch (error) {
      this.done.push(...ids);
      throw error;
    }
  }

  /** Under the trace of the call that left the line, whichever process delivers it. */
  private deliver(line: OutboxRow): Promise<void> {
    const { traceparent, ...payload } = line.payload;
    const { trace } = this.dispatch;
    if (trace === undefined) return this.tell(line, payload);
    const parent = typeof traceparent === 'string' ? traceparent : undefined;
    return trace.continued(parent, line.kind, line.booking_id, () => this.tell(line, payload));
  }

  private async tell(line: OutboxRow, payload: Record<string, unknown>): Promise<void> {
    if (line.kind === 'start') await this.client.start(payload as unknown as StartInput);
    else if ((await this.client.signal(line.booking_id, line.kind, payload)) === 'gone')
      await this.ensureWorkflow(line.booking_id);
  }

  /**
   * Gives a booking that is not final its workflow, which reads from the rows where things stand. One
   * that runs is left alone. Safe to call twice. Throws TemporalUnavailableError.
   */
  async ensureWorkflow(bookingId: string): Promise<void> {
    const booking = await findBooking(this.dispatch.source.manager, bookingId);
    if (booking === null || isOneOf(FINAL_STATUSES, booking.status)) return;
    // Also where its last run ended well: Postgres may have come back without its last commits.
    await this.client.start(startOf(booking), 'ALLOW_DUPLICATE');
  }

  /** Has a booking's workflow read the rows; brings it back if it is gone. */
  async nudge(bookingId: string): Promise<void> {
    if ((await this.client.signal(bookingId, 'nudge', {})) === 'gone') await this.ensureWorkflow(bookingId);
  }

  private reportUndelivered(line: OutboxRow, error: unknown): void {
    const level = error instanceof TemporalUnavailableError ? 'debug' : 'warn';
    const err = error instanceof Error ? error.message : String(error);
    this.logger[level](
      { bookingId: line.booking_id, kind: line.kind, attempts: line.attempts, err },
      'not delivered yet',
    );
  }
}
