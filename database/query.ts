import type { ClientBase } from 'pg';
import {
  QueryFailedError,
  QueryRunnerAlreadyReleasedError,
  type EntityManager,
  type QueryRunner,
} from 'typeorm';
import { endConnection, openTransaction, type OpenTransaction } from './transaction.js';

/** Anything that runs a statement: a data source's manager, or a transaction's. */
export type Manager = Pick<EntityManager, 'queryRunner' | 'connection'>;

/** Something that happens around every statement, such as a span of a trace. */
export type StatementObserver = <R>(sql: string, run: () => Promise<R>) => Promise<R>;
let observer: StatementObserver | undefined;

/** Has every statement of this process run within `around`; called once, at the start. */
export function observeStatements(around: StatementObserver): void {
  observer = around;
}

/**
 * Runs one statement and answers its rows, whatever its kind. Throws the driver's error in TypeORM's
 * QueryFailedError. With parameters it is prepared, once on each connection: planning a claim takes Postgres
 * longer than running it. In a transaction it is sent at once, whether or not those before it are answered.
 */
export function rows<T>(manager: Manager, sql: string, parameters: unknown[] = []): Promise<T[]> {
  const { queryRunner: runner } = manager;
  return runner === undefined ? alone(manager, sql, parameters) : within(runner, sql, parameters);
}

async function alone<T>(manager: Manager, sql: string, parameters: unknown[]): Promise<T[]> {
  const runner = manager.connection.createQueryRunner();
  try {
    const client = (await runner.connect()) as ClientBase;
    try {
      return await observed<T>(client, sql, parameters);
    } catch (error) {
      // It has changed nothing and runs again; a transaction is over, and runs again as a whole.
      if (!isOutdated(error)) throw error;
      return await observed<T>(client, sql, parameters);
    }
  } finally {
    await runner.release();
  }
}

async function within<T>(runner: QueryRunner, sql: string, parameters: unknown[]): Promise<T[]> {
  // A transaction's runner whose connection broke is released, and its connection somebody else's.
  if (runner.isReleased) throw new QueryRunnerAlreadyReleasedError();
  const open = openTransaction(runner);
  if (open === undefined) return observed<T>((await runner.connect()) as ClientBase, sql, parameters);
  try {
    if (mustWaitForBegin(open, sql)) await open.beginning;
    if (open.failed !== undefined) throw open.failed;
    if (open.over || runner.isReleased) throw new QueryRunnerAlreadyReleasedError();
    const found = await observed<T>(open.client, sql, parameters);
    if (open.failed !== undefined) throw open.failed;
    return found;
  } catch (error) {
    open.failed ??= error;
    throw open.failed;
  }
}

/**
 * Only what changes nothing (a read, a lock) is sent before the begin is known to have succeeded: outside of a
 * transaction a write would stand by itself.
 */
function mustWaitForBegin(open: OpenTransaction, sql: string): boolean {
  if (open.begun) return false;
  open.held ||= !sql.startsWith('SELECT');
  return open.held;
}

function observed<T>(client: ClientBase, sql: string, parameters: unknown[]): Promise<T[]> {
  const once = (): Promise<T[]> => run<T>(client, sql, parameters);
  return observer === undefined ? once() : observer(sql, once);
}

/** What `pg` says of a statement that was not answered within `query_timeout`. */
const READ_TIMEOUT = 'Query read timeout';

async function run<T>(client: ClientBase, sql: string, parameters: unknown[]): Promise<T[]> {
  const named = parameters.length === 0 ? {} : { name: nameOf(sql) };
  try {
    const result = await client.query({ ...named, text: sql, values: parameters });
    return result.rows as T[];
  } catch (error) {
    if (isOutdated(error)) names.clear();
    // The driver has cut it, and hears of that only later: nobody else must be given it until then.
    if ((error as Error).message === READ_TIMEOUT) endConnection(client);
    throw new QueryFailedError(sql, parameters, error as Error);
  }
}

/** Names of prepared statements by their text, for this process' connections. */
const names = new Map<string, string>();
let named = 0;

function nameOf(sql: string): string {
  const known = names.get(sql);
  if (known !== undefined) return known;
  named += 1;
  const name = `dispatch_${named}`;
  names.set(sql, name);
  return name;
}

/**
 * Did a statement fail because a migration changed the columns of its answer after it was prepared? By then it is
 * forgotten: run again, it is prepared anew.
 */
export function isOutdated(error: unknown): boolean {
  const { driverError, routine } = (error ?? {}) as {
    driverError?: { routine?: unknown };
    routine?: unknown;
  };
  return (driverError?.routine ?? routine) === 'RevalidateCachedQuery';
}

/** The first row, or null. */
export async function row<T>(manager: Manager, sql: string, parameters: unknown[] = []): Promise<T | null> {
  return (await rows<T>(manager, sql, parameters))[0] ?? null;
}

/** SQL for parameter `$n`, a number of milliseconds, as an interval. */
export function ms(n: number): string {
  return `($${n}::double precision * interval '1 millisecond')`;
}

/** SQL for the milliseconds from `now` to `time`, both SQL expressions; never below zero. */
export function leftMs(time: string, now = 'clock_timestamp()'): string {
  return `greatest(0, ceil(extract(epoch FROM ${time} - ${now}) * 1000))::double precision`;
}

/** What ILIKE finds `q` by wherever it stands, its wildcards taken literally; null for undefined. */
export function likeOf(q: string | undefined): string | null {
  return q === undefined ? null : `%${q.replaceAll(/[\\%_]/g, '\\$&')}%`;
}

/** Before every other in the order of uuids: where a walk through bookings begins. */
export const NO_BOOKING = '00000000-0000-0000-0000-000000000000';
