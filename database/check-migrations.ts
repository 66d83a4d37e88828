/** Proves that migrations and entities agree: on the database of DATABASE_URL nothing is left to generate. */
import 'reflect-metadata';
import { createDataSource } from './data-source.js';
import { migrate } from './migrate.js';

/** The statements that would still be needed after all migrations; empty when they agree. */
export async function missingStatements(url: string): Promise<string[]> {
  await migrate(url);
  const source = createDataSource({
    url,
    poolSize: 2,
    applicationName: 'dispatch-check',
    onPoolError: () => undefined,
  });
  await source.initialize();
  try {
    const log = await source.driver.createSchemaBuilder().log();
    // The gist indexes on places exist in the migrations alone: an entity cannot declare them.
    return log.upQueries
      .map((query) => query.query)
      .filter((query) => !/ix_pilot_positions_(un)?listed/.test(query));
  } finally {
    await source.destroy();
  }
}

async function main(): Promise<void> {
  const url = process.env['DATABASE_URL'];
  if (url === undefined || url === '') throw new Error('DATABASE_URL is not set');
  const missing = await missingStatements(url);
  if (missing.length === 0) return;
  process.stderr.write(`migrations lack:\n${missing.join('\n')}\n`);
  process.exitCode = 1;
}

if (process.argv[1]?.endsWith('check-migrations.js') === true) {
  main().catch((error: unknown) => {
    process.stderr.write(`check-migrations: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });
}
