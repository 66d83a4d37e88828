import type { DataSource, EntityManager } from 'typeorm';
import type { Emitter } from '../events/emitter.js';
import { isOutdated } from '../database/query.js';
import { transaction } from '../database/transaction.js';
import { insertOutboxLine, insertOutboxLines, type OutboxRow } from '../database/statements/outbox.js';
import { Tidings } from './tidings.js';

/** The points of a booking's life that are logged, each with its ids. */
export type LogPoint =
  | 'booking_created'
  | 'search_started'
  | 'pilot_found'
  | 'no_pilot_found'
  | 'offer_sent'
  | 'offer_accepted'
  | 'offer_declined'
  | 'offer_expired'
  | 'offer_withdrawn'
  | 'answer_ignored'
  | 'booking_assigned'
  | 'search_failed'
  | 'search_ended'
  | 'search_retried'
  | 'booking_cancelled'
  | 'booking_expired'
  | 'job_released'
  | 'job_step'
  | 'pilot_unreachable'
  | 'pilot_online'
  | 'pilot_offline'
  | 'dispatch_paused'
  | 'dispatch_resumed';

export interface LogFields {
  bookingId?: string;
  offerId?: string;
  pilotId?: string;
  [field: string]: string | number | boolean | null | undefined;
}

/** How a trace goes on from a transaction to whoever delivers its outbox lines. */
export interface DispatchTrace {
  /** W3C traceparent of the call that is under way. */
  current(): string | undefined;
  /** Runs the delivery of a line under the call that left it. */
  continued<T>(
    parent: string | undefined,
    kind: string,
    bookingId: string,
    work: () => Promise<T>,
  ): Promise<T>;
}

/** What every transaction of dispatch needs; made once for each process. */
export interface DispatchContext {
  source: DataSource;
  emitter: Emitter;
  log: (point: LogPoint, fields: LogFields) => void;
  /**
   * Called after a commit with the lines that Temporal must be told; absent where nobody delivers. What it may answer is
   * waited for: only a test holds a caller's answer back.
   */
  deliver?: (lines: OutboxRow[]) => void | Promise<void>;
  /** Only where traces are sent. */
  trace?: DispatchTrace;
}

/** A transaction under way: its changes, what it tells whom, and what it leaves for Temporal. */
export class Transaction {
  readonly tidings = new Tidings();
  readonly outbox: OutboxRow[] = [];
  readonly logs: [LogPoint, LogFields][] = [];
  private alongside: Promise<unknown>[] = [];

  constructor(
    readonly manager: EntityManager,
    private readonly trace?: DispatchTrace,
  ) {}

  /** Logged after the commit, and only then. */
  log(point: LogPoint, fields: LogFields): void {
    this.logs.push([point, fields]);
  }

  /** A statement that only the commit waits for: it travels with what is asked next. When it fails, all does. */
  waitAtTheEnd(statement: Promise<unknown>): void {
    // Whoever writes hears of it.
    statement.catch(() => undefined);
    this.alongside.push(statement);
  }

  /** Leaves a line for Temporal: `start`, or a signal by its name; with the trace of the call, if there is one. */
  tellWorkflow(bookingId: string, kind: string, payload: object): void {
    const traceparent = this.trace?.current();
    const carried = traceparent === undefined ? payload : { ...payload, traceparent };
    const line = { bookingId, kind, payload: carried, leaseMs: FIRST_LEASE_MS };
    this.waitAtTheEnd(insertOutboxLine(this.manager, line).then((written) => this.outbox.push(written)));
  }

  /** Leaves the same line for many bookings. The first are delivered after the commit, the rest by the relay. */
  async tellWorkflows(bookingIds: string[], kind: string, payload: object): Promise<void> {
    const now = { bookingIds: bookingIds.slice(0, DELIVERED_AT_ONCE), leaseMs: FIRST_LEASE_MS };
    const later = { bookingIds: bookingIds.slice(DELIVERED_AT_ONCE), leaseMs: 0 };
    this.outbox.push(...(await insertOutboxLines(this.manager, { ...now, kind, payload })));
    await insertOutboxLines(this.manager, { ...later, kind, payload });
  }

  /** Writes what is told so far, and waits for all that was asked; the end of every transaction does so. */
  async write(): Promise<void> {
    const asked = this.alongside;
    this.alongside = [];
    await Promise.all([...asked, this.tidings.write(this.manager)]);
  }
}

/** Signals that one process sends at once; more would crowd Temporal for a burst that nobody waits for. */
const DELIVERED_AT_ONCE = 200;

/**
 * The writer of a line delivers it itself within this time; then any relay may. Short enough that a
 * search starts within 2 s although the process that took the booking died.
 */
const FIRST_LEASE_MS = 600;
/**
 * Postgres ends one of two transactions that wait for each other, and one whose prepared statements a migration has
 * outdated; it is run again, a few times.
 */
const ATTEMPTS = 4;
const RUN_AGAIN = new Set(['40001', '40P01']);

/**
 * Runs `work` as one transaction: state, event rows, outbox lines and (through Postgres) the emissions
 * commit together or not at all. Throws what `work` throws; runs it again after a deadlock.
 */
export async function inTransaction<T>(
  context: DispatchContext,
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await runOnce(context, work);
    } catch (error) {
      const again = RUN_AGAIN.has(sqlState(error) ?? '') || isOutdated(error);
      if (attempt >= ATTEMPTS || !again) throw error;
    }
  }
}

async function runOnce<T>(context: DispatchContext, work: (tx: Transaction) => Promise<T>): Promise<T> {
  const { result, tx } = await transaction(
    context.source,
    async (manager) => {
      const current = new Transaction(manager, context.trace);
      const answer = await work(current);
      await current.write();
      return { result: answer, tx: current };
    },
    (manager, done) => context.emitter.beforeCommit(manager, done.tx.tidings.emissions),
  );
  await context.emitter.afterCommit(tx.tidings.emissions);
  for (const [point, fields] of tx.logs) context.log(point, fields);
  if (tx.outbox.length > 0) await context.deliver?.(tx.outbox);
  return result;
}

/** The SQLSTATE of a driver's error, wherever TypeORM put it. */
export function sqlState(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const found = error as { code?: unknown; driverError?: { code?: unknown } };
  const code = found.driverError?.code ?? found.code;
  return typeof code === 'string' ? code : undefined;
}
