import type { EntityManager } from 'typeorm';

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
 * Runs one statement and answers its rows, whatever its kind (TypeORM's own `query` answers
 * `[rows, count]` for UPDATE and DELETE). Throws the driver's error.
 */
export async function rows<T>(manager: Manager, sql: string, parameters: unknown[] = []): Promise<T[]> {
  const runner = manager.queryRunner ?? manager.connection.createQueryRunner();
  try {
    const run = (): Promise<{ records: T[] }> => runner.query(sql, parameters, true);
    const result = await (observer === undefined ? run() : observer(sql, run));
    return result.records;
  } finally {
    if (manager.queryRunner === undefined) await runner.release();
  }
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
