/** An API inside of the test's own process: for what only its insides show, or what a process cannot be told. */
import { pino } from 'pino';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { createDataSource } from '../../database/data-source.js';
import { createPostgresEmitter } from '../../events/postgres-emitter.js';
import type { ApiParts } from '../../src/app.module.js';
import { AssignmentClient } from '../../src/assignment-client/assignment-client.js';
import { readApiConfig } from '../../src/config/environment.js';
import { createApi } from '../../src/create-api.js';
import { createTestDatabase } from './database.js';
import { JWT_SECRET } from './tokens.js';
import { eventually } from './waiting.js';

export interface ApiInProcess {
  app: NestExpressApplication;
  /** Ends it and drops its database. */
  close(): Promise<void>;
}

/** Makes an API with a database of its own, and waits until its sockets listen; it has no port yet. */
export async function apiInProcess(
  parts: Partial<Pick<ApiParts, 'pagesFolder' | 'logger'>> = {},
): Promise<ApiInProcess> {
  const database = await createTestDatabase();
  process.env['TEMPORAL_ADDRESS'] = process.env['TEST_TEMPORAL_ADDRESS'];
  const config = readApiConfig({ DATABASE_URL: database.url, JWT_SECRET, DEMO: 'true' });
  const options = { url: database.url, poolSize: 3, applicationName: 'test' };
  const source = createDataSource({ ...options, onPoolError: () => undefined });
  await source.initialize();
  const client = AssignmentClient.fromEnvironment();
  const emitter = createPostgresEmitter();
  const logger = pino({ level: 'silent' });
  const dispatch = { source, emitter, log: () => undefined };
  const app = await createApi({ config, logger, dispatch, client, ...parts });
  await app.init();
  // Stopping before the sockets listen is a test of its own, in test/journey/stopping.test.ts.
  await eventually('the sockets to listen', async () => {
    const listening = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'`;
    return ((await source.query(listening)) as unknown[]).length > 0;
  });
  return {
    app,
    close: async () => {
      await app.close();
      await client.close();
      await source.destroy();
      await database.drop();
    },
  };
}
