import type { ClientBase } from 'pg';
import { QueryFailedError, QueryRunnerAlreadyReleasedError, type EntityManager } from 'typeorm';

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
 * longer than running it.
 */
export async function rows<T>(manager: Manager, sql: string, parameters: unknown[] = []): Promise<T[]> {
  const runner = manager.queryRunner ?? manager.connection.createQueryRunner();
  try {
    // A transaction's runner whose connection broke is released, and its connection somebody else's.
    if (runner.isReleased) throw new QueryRunnerAlreadyReleasedError();
    const client = (await runner.connect()) as ClientBase;
    const once = (): Promise<T[]> => run<T>(client, sql, parameters);
    const observed = (): Promise<T[]> => (observer === undefined ? once() : observer(sql, once));
    try {
      return await observed();
    } catch (error) {
      // Alone it has changed nothing and runs again; a transaction is over, and runs again as a whole.
      if (manager.queryRunner !== undefined || !isOutdated(error)) throw error;
      return await observed();
    }
  } finally {
    if (manager.queryRunner === undefined) await runner.release();
  }
}

async function run<T>(client: ClientBase, sql: string, parameters: unknown[]): Promise<T[]> {
  const named = parameters.length === 0 ? {} : { name: nameOf(sql) };
  try {
    const result = await client.query({ ...named, text: sql, values: parameters });
    return result.rows as T[];
  } catch (error) {
    if (isOutdated(error)) names.clear();
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
