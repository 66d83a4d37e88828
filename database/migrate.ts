/** Brings the database named by DATABASE_URL to the newest tables. May run twice and by several at once. */
import 'reflect-metadata';
import { createDataSource } from './data-source.js';

/** Any fixed number: whoever holds this advisory lock migrates, the others wait for it. */
const MIGRATION_LOCK = 7_301_977;

/** Runs all missing migrations on `url`; answers their names. */
export async function migrate(url: string): Promise<string[]> {
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
    await gate.query(`SELECT pg_advisory_lock(${MIGRATION_LOCK})`);
    const done = await source.runMigrations();
    return done.map((migration) => migration.name);
  } finally {
    await gate.query(`SELECT pg_advisory_unlock(${MIGRATION_LOCK})`).catch(() => undefined);
    await gate.release();
    await source.destroy();
  }
}

async function main(): Promise<void> {
  const url = process.env['DATABASE_URL'];
  if (url === undefined || url === '') throw new Error('DATABASE_URL is not set: which Postgres to migrate?');
  const names = await migrate(url);
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
