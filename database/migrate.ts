/** Brings the database named by DATABASE_URL to the newest tables. May run twice and by several at once. */
import 'reflect-metadata';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource, QueryRunner } from 'typeorm';
import { createDataSource } from './data-source.js';
import { grantTo } from './grants.js';

/** Any fixed number: whoever holds this advisory lock migrates, the others wait for it. */
const MIGRATION_LOCK = 7_301_977;
const LOOK_AGAIN_MS = 100;

/** Runs all missing migrations on `url`, and lets `appRole` use the tables; answers the names of what ran. */
export async function migrate(url: string, appRole?: string): Promise<string[]> {
  const source = createDataSource({
    url,
    poolSize: 2,
    timeouts: false,
    applicationName: 'dispatch-migrate',
    onPoolError: () => undefined,
  });
  await source.initialize();
  const gate = source.createQueryRunner();
  try {
    await takeLock(gate);
    const done = await source.runMigrations();
    if (appRole !== undefined) await grant(source, appRole);
    return done.map((migration) => migration.name);
  } finally {
    await gate.query(`SELECT pg_advisory_unlock(${MIGRATION_LOCK})`).catch(() => undefined);
    await gate.release();
    await source.destroy();
  }
}

/**
 * Waits until nobody else migrates. By asking again: building an index beside writers waits for every statement that is
 * under way, and so would never end while one waits here for the lock.
 */
async function takeLock(gate: QueryRunner): Promise<void> {
  for (;;) {
    const [answer] = (await gate.query(`SELECT pg_try_advisory_lock(${MIGRATION_LOCK}) AS taken`)) as {
      taken: boolean;
    }[];
    if (answer?.taken === true) return;
    await sleep(LOOK_AGAIN_MS);
  }
}

/** All of it or nothing: a role with half of its rights would fail later, and elsewhere. */
async function grant(source: DataSource, appRole: string): Promise<void> {
  const runner = source.createQueryRunner();
  try {
    await runner.startTransaction();
    await grantTo(runner, appRole);
    await runner.commitTransaction();
  } catch (error) {
    await runner.rollbackTransaction();
    throw error;
  } finally {
    await runner.release();
  }
}

async function main(): Promise<void> {
  const url = process.env['DATABASE_URL'];
  if (url === undefined || url === '') throw new Error('DATABASE_URL is not set: which Postgres to migrate?');
  const appRole = process.env['DATABASE_APP_ROLE'];
  const names = await migrate(url, appRole === '' ? undefined : appRole);
  process.stdout.write(
    names.length === 0 ? 'migrations: nothing to do\n' : `migrations: ran ${names.join(', ')}\n`,
  );
}

if (process.argv[1]?.endsWith('migrate.js') === true) {
  main().catch((error: unknown) => {
    process.stderr.write(`migrate: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });
}
