// A connection that is lost in the very moment in which the pool hands it out ends no process (F6).
import pg from 'pg';
import { createDataSource } from '../../database/data-source.js';
import { SteadyClient } from '../../database/steady-client.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database?.drop());

/** What happens when the connection breaks inside the pool's callback, before anybody could listen. */
function breakWhenHandedOut(pool: pg.Pool): Promise<unknown> {
  return new Promise((resolve, reject) => {
    pool.connect((error, client, release) => {
      if (error !== undefined || client === undefined) return reject(error ?? new Error('no connection'));
      let thrown: unknown = null;
      try {
        client.emit('error', new Error('terminating connection due to administrator command'));
      } catch (caught) {
        thrown = caught;
      }
      release(true);
      resolve(thrown);
    });
  });
}

test.each([
  ['a steady one is silent', SteadyClient, null],
  ['a plain one throws, which ends a process', pg.Client, expect.anything()],
])('%s', async (_name, Client, expected) => {
  const pool = new pg.Pool({ connectionString: database.url, Client });
  pool.on('error', () => undefined);
  try {
    expect(await breakWhenHandedOut(pool)).toEqual(expected);
  } finally {
    await pool.end();
  }
});

test('the connections of API and worker are steady', async () => {
  const source = createDataSource({
    url: database.url,
    poolSize: 2,
    applicationName: 'steady',
    onPoolError: () => undefined,
  });
  await source.initialize();
  try {
    const { master } = source.driver as unknown as { master: pg.Pool };
    expect(await breakWhenHandedOut(master)).toBeNull();
  } finally {
    await source.destroy();
  }
});
