// A connection that Postgres ends within a transaction is Postgres away to whoever asked: 503, never 500 (F6).
import pg from 'pg';
import type { DataSource, EntityManager } from 'typeorm';
import { createDataSource } from '../../database/data-source.js';
import { rows } from '../../database/query.js';
import { databaseIsAway } from '../../src/http/database-away.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/waiting.js';

let database: TestDatabase;
let source: DataSource;
beforeAll(async () => {
  database = await createTestDatabase();
  source = createDataSource({
    url: database.url,
    poolSize: 2,
    applicationName: 'lost',
    onPoolError: () => undefined,
  });
  await source.initialize();
});
afterAll(async () => {
  await source?.destroy();
  await database?.drop();
});

async function terminate(pid: number): Promise<void> {
  const other = new pg.Client({ connectionString: database.url });
  await other.connect();
  await other.query('SELECT pg_terminate_backend($1)', [pid]);
  await other.end();
}

/** The system's own way to a statement, and TypeORM's. */
const NEXT = {
  rows: (manager: EntityManager) => rows(manager, 'SELECT 1'),
  'manager.query': (manager: EntityManager) => manager.query('SELECT 1'),
};

test.each(Object.entries(NEXT))(
  'noticed before the next statement: %s fails as Postgres away',
  async (_, next) => {
    const lost = source.transaction(async (manager) => {
      const [{ pid }] = (await manager.query('SELECT pg_backend_pid() AS pid')) as [{ pid: number }];
      await terminate(pid);
      await eventually('the loss to be noticed', () => manager.queryRunner?.isReleased === true);
      await next(manager);
    });
    const error: unknown = await lost.catch((caught: unknown) => caught);
    expect(String(error)).toMatch(/already released/i);
    expect(databaseIsAway(error)).toBe(true);
  },
);

test('noticed within a statement: it fails as Postgres away', async () => {
  const lost = source.transaction((manager) =>
    manager.query('SELECT pg_terminate_backend(pg_backend_pid()), pg_sleep(1)'),
  );
  expect(databaseIsAway(await lost.catch((caught: unknown) => caught))).toBe(true);
});
