import type { Logger } from 'pino';
import type { DataSource } from 'typeorm';
import { createDataSource, type DatabaseOptions } from '../../database/data-source.js';
import type { Emitter } from '../../events/emitter.js';
import { createPostgresEmitter } from '../../events/postgres-emitter.js';
import { createRedisEmitter } from '../../events/redis-emitter.js';

/** How long a process waits at its start for a Postgres that is still coming up. */
const CONNECT_FOR_MS = 30_000;
const CONNECT_PAUSE_MS = 500;

/** Connects to Postgres, waiting for one that is still starting; throws when none answers in 30 s. */
export function connectDatabase(
  config: { DATABASE_URL: string; DATABASE_POOL_SIZE: number },
  as: Pick<DatabaseOptions, 'applicationName' | 'plannedOnce'>,
  logger: Logger,
): Promise<DataSource> {
  const source = createDataSource({
    url: config.DATABASE_URL,
    poolSize: config.DATABASE_POOL_SIZE,
    ...as,
    onPoolError: (error) => logger.warn({ err: error.message }, 'database connection lost'),
  });
  return oncePostgresAnswers(() => source.initialize(), logger);
}

/**
 * Does what a process needs of Postgres at its start, again and again while Postgres is away or coming up, so
 * that a restart of it in this moment ends nothing. Throws the last error when 30 s are over.
 */
export async function oncePostgresAnswers<T>(
  work: () => Promise<T>,
  logger: Pick<Logger, 'warn'>,
  pauseMs = CONNECT_PAUSE_MS,
): Promise<T> {
  const giveUpAt = performance.now() + CONNECT_FOR_MS;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (performance.now() > giveUpAt) throw error;
      logger.warn({ err: error instanceof Error ? error.message : String(error) }, 'waiting for Postgres');
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}

/** How this process reaches the sockets: through Redis where it is named, else through Postgres. */
export function createEmitter(redisUrl: string | undefined, logger: Logger): Emitter {
  if (redisUrl === undefined) return createPostgresEmitter();
  return createRedisEmitter(redisUrl, (error) =>
    logger.warn({ err: error.message }, 'redis connection lost'),
  );
}
