/** Finds pilots as a worker does: the same pool, the same statements, the same emitter. */
import pg from 'pg';
import type { DataSource } from 'typeorm';
import { createDataSource } from '../database/data-source.js';
import type { DispatchContext } from '../dispatch/context.js';
import { createPostgresEmitter } from '../events/postgres-emitter.js';

/** A worker's default. */
export const POOL_SIZE = 20;

export class Matching {
  private constructor(
    readonly source: DataSource,
    readonly context: DispatchContext,
    /** For preparing and looking after: not what is measured. */
    readonly pool: pg.Pool,
  ) {}

  static async open(url: string): Promise<Matching> {
    const source = createDataSource({
      url,
      poolSize: POOL_SIZE,
      applicationName: 'bench-matching',
      plannedOnce: true,
      onPoolError: () => undefined,
    });
    await source.initialize();
    const context = { source, emitter: createPostgresEmitter(), log: () => undefined };
    return new Matching(source, context, new pg.Pool({ connectionString: url, max: 1 }));
  }

  async close(): Promise<void> {
    await this.source.destroy();
    await this.pool.end();
  }
}

/** Runs `work` and answers the milliseconds that it took. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}
