// The routes that Nest really has are the calls of the contract: one without a row there fails here.
import { pino } from 'pino';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { CALLS } from '../../contract/calls.js';
import { createDataSource } from '../../database/data-source.js';
import { createPostgresEmitter } from '../../events/postgres-emitter.js';
import { AssignmentClient } from '../../src/assignment-client/assignment-client.js';
import { readApiConfig } from '../../src/config/environment.js';
import { createApi } from '../../src/create-api.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { JWT_SECRET } from '../support/tokens.js';
import { eventually } from '../support/waiting.js';

interface Layer {
  route?: { path: string; methods: Record<string, boolean> };
}

let database: TestDatabase;
let app: NestExpressApplication;
let close: () => Promise<void>;
beforeAll(async () => {
  database = await createTestDatabase();
  process.env['TEMPORAL_ADDRESS'] = process.env['TEST_TEMPORAL_ADDRESS'];
  const config = readApiConfig({ DATABASE_URL: database.url, JWT_SECRET, DEMO: 'true' });
  const options = { url: database.url, poolSize: 3, applicationName: 'test' };
  const source = createDataSource({ ...options, onPoolError: () => undefined });
  await source.initialize();
  const client = AssignmentClient.fromEnvironment();
  const emitter = createPostgresEmitter();
  const logger = pino({ level: 'silent' });
  const dispatch = { source, emitter, log: () => undefined };
  app = await createApi({ config, logger, dispatch, client });
  await app.init();
  // Stopping before the sockets listen is a test of its own, in test/journey/stopping.test.ts.
  await eventually('the sockets to listen', async () => {
    const listening = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'`;
    return ((await source.query(listening)) as unknown[]).length > 0;
  });
  close = async () => {
    await app.close();
    await client.close();
    await source.destroy();
  };
});
afterAll(async () => {
  await close?.();
  await database?.drop();
});

function routes(): string[] {
  const instance = app.getHttpAdapter().getInstance() as unknown as { router: { stack: Layer[] } };
  return instance.router.stack.flatMap(({ route }) =>
    route === undefined
      ? []
      : Object.keys(route.methods).map((method) => `${method.toUpperCase()} ${route.path}`),
  );
}

test("the app's routes equal CALLS; besides them only the document pages", () => {
  const wanted = CALLS.map((call) => `${call.method.toUpperCase()} ${call.path}`).sort();
  const found = routes().filter((one) => !/^GET \/docs(-json)?(\/|$|\.)/.test(one));
  expect(found.sort()).toEqual(wanted);
});

test('no call is there twice', () => {
  const names = CALLS.map((call) => `${call.method} ${call.path}`);
  expect(new Set(names).size).toBe(names.length);
});
