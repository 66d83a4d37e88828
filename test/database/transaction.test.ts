// Statements of one transaction travel together, and are one transaction all the same: in their order, all or none.
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import type { EntityManager } from 'typeorm';
import { createDataSource } from '../../database/data-source.js';
import { row, rows } from '../../database/query.js';
import { openTransaction, transaction } from '../../database/transaction.js';
import { databaseIsAway } from '../../src/http/database-away.js';
import { upTo } from '../support/crowd.js';
import { openDispatch, type Fixture } from '../support/dispatch-fixture.js';
import { eventually } from '../support/waiting.js';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openDispatch(2);
  await fixture.query('CREATE TABLE notes (n serial, word text UNIQUE)');
});
beforeEach(() => fixture.query('TRUNCATE notes RESTART IDENTITY'));
afterAll(() => fixture.close());

const write = (manager: EntityManager, word: string) =>
  rows<{ n: number }>(manager, 'INSERT INTO notes (word) VALUES ($1) RETURNING n', [word]);
const words = async () =>
  (await fixture.query<{ word: string }>('SELECT word FROM notes ORDER BY n')).map(({ word }) => word);
const nothing = () => Promise.resolve();

it('statements are run in the order in which they were asked, without waiting for one another', async () => {
  await transaction(
    fixture.source,
    (manager) => Promise.all(upTo(20).map((n) => write(manager, `w${n}`))),
    nothing,
  );
  expect(await words()).toEqual(upTo(20).map((n) => `w${n}`));
});

it('a read that is asked after a write sees it, also while the begin is under way', async () => {
  const seen = await transaction(
    fixture.source,
    async (manager) => {
      const written = write(manager, 'first');
      const [, counted] = await Promise.all([
        written,
        row<{ count: string }>(manager, 'SELECT count(*) FROM notes'),
      ]);
      return counted;
    },
    nothing,
  );
  expect(seen).toEqual({ count: '1' });
});

it('what fails first is told, not that Postgres refuses what comes after it; and nothing stays', async () => {
  await fixture.query(`INSERT INTO notes (word) VALUES ('taken')`);
  const failing = transaction(
    fixture.source,
    async (manager) => {
      const asked = [write(manager, 'before'), write(manager, 'taken')];
      await Promise.allSettled(asked);
      return write(manager, 'after');
    },
    nothing,
  );
  await expect(failing).rejects.toMatchObject({ driverError: { code: '23505' } });
  expect(await words()).toEqual(['taken']);
});

it('a statement that nobody waited for fails the transaction', async () => {
  await fixture.query(`INSERT INTO notes (word) VALUES ('taken')`);
  const failing = transaction(
    fixture.source,
    async (manager) => {
      await write(manager, 'before');
      write(manager, 'taken').catch(() => undefined);
    },
    nothing,
  );
  await expect(failing).rejects.toMatchObject({ driverError: { code: '23505' } });
  expect(await words()).toEqual(['taken']);
});

it('what travels with the commit is part of the transaction', async () => {
  await transaction(
    fixture.source,
    (manager) => write(manager, 'work'),
    async (manager) => void (await write(manager, 'last')),
  );
  expect(await words()).toEqual(['work', 'last']);
  const failing = transaction(
    fixture.source,
    (manager) => write(manager, 'more'),
    async (manager) => void (await write(manager, 'work')),
  );
  await expect(failing).rejects.toMatchObject({ driverError: { code: '23505' } });
  expect(await words()).toEqual(['work', 'last']);
});

it('what fails before it is asked keeps the commit from being sent', async () => {
  const failing = transaction(
    fixture.source,
    (manager) => write(manager, 'work'),
    () => Promise.reject(new Error('cannot be told')),
  );
  await expect(failing).rejects.toThrow('cannot be told');
  expect(await words()).toEqual([]);
});

it('no write is sent before the begin has succeeded: alone it would stay', async () => {
  const attempts = upTo(20).map(() =>
    transaction(
      fixture.source,
      async (manager) => {
        const open = openTransaction(manager.queryRunner as NonNullable<EntityManager['queryRunner']>);
        const sent: string[] = [];
        const query = open?.client.query.bind(open.client) as unknown as (
          config: unknown,
        ) => Promise<unknown>;
        if (open !== undefined)
          Object.assign(open.client, {
            query: (config: { text?: string }) => {
              sent.push(`${config.text?.split(' ')[0]} ${open.begun ? 'begun' : 'beginning'}`);
              return query(config);
            },
          });
        try {
          await Promise.all([rows(manager, 'SELECT $1::int', [1]), write(manager, randomUUID())]);
        } finally {
          if (open !== undefined) Object.assign(open.client, { query });
        }
        return sent;
      },
      nothing,
    ),
  );
  for (const sent of await Promise.all(attempts)) expect(sent).toEqual(['SELECT beginning', 'INSERT begun']);
});

describe('a write that nobody waited for, while the begin is under way', () => {
  it('is gone when the transaction fails at once', async () => {
    const failing = transaction(
      fixture.source,
      (manager) => {
        write(manager, 'left behind').catch(() => undefined);
        throw new Error('at once');
      },
      nothing,
    );
    await expect(failing).rejects.toThrow('at once');
    await transaction(fixture.source, (manager) => rows(manager, 'SELECT 1'), nothing);
    expect(await words()).toEqual([]);
  });

  it('is part of the transaction when that succeeds at once', async () => {
    await transaction(
      fixture.source,
      (manager) => {
        write(manager, 'in time').catch(() => undefined);
        return Promise.resolve();
      },
      nothing,
    );
    expect(await words()).toEqual(['in time']);
  });
});

it('what is asked of a transaction that is over is refused', async () => {
  let late: EntityManager | undefined;
  await transaction(
    fixture.source,
    (manager) => {
      late = manager;
      return Promise.resolve();
    },
    nothing,
  );
  await expect(write(late as EntityManager, 'late')).rejects.toThrow(/already released/i);
  expect(await words()).toEqual([]);
});

it('a statement that takes too long ends its connection, and nobody else gets that one', async () => {
  const impatient = createDataSource({
    url: fixture.url,
    poolSize: 1,
    applicationName: 'impatient',
    onPoolError: () => undefined,
    timeouts: { query_timeout: 1_000 },
  });
  await impatient.initialize();
  try {
    const slow = rows(impatient.manager, 'SELECT pg_sleep(2)');
    const waiting = rows(impatient.manager, 'SELECT 1 AS one');
    await expect(slow).rejects.toThrow('Query read timeout');
    expect(await waiting).toEqual([{ one: 1 }]);
  } finally {
    await impatient.destroy();
  }
});

it('a connection that is lost under way is Postgres away, and the next transaction has another', async () => {
  const other = new pg.Client({ connectionString: fixture.url });
  await other.connect();
  const lost = transaction(
    fixture.source,
    async (manager) => {
      const mine = await row<{ pid: number }>(manager, 'SELECT pg_backend_pid() AS pid');
      await other.query('SELECT pg_terminate_backend($1)', [mine?.pid]);
      await eventually('the loss to be noticed', () => manager.queryRunner?.isReleased === true);
      return write(manager, 'lost');
    },
    nothing,
  );
  expect(databaseIsAway(await lost.catch((error: unknown) => error))).toBe(true);
  await other.end();
  await transaction(fixture.source, (manager) => write(manager, 'found'), nothing);
  expect(await words()).toEqual(['found']);
});
