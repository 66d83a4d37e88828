import { setImmediate } from 'node:timers/promises';
import type { Client, ClientBase } from 'pg';
import type { DataSource, EntityManager, QueryRunner } from 'typeorm';

/** A transaction under way on one connection. */
export interface OpenTransaction {
  readonly client: ClientBase;
  /** Settles, and never fails, once Postgres has answered the begin. */
  readonly beginning: Promise<void>;
  begun: boolean;
  /** A statement waits for the begin, and so does every one after it: they keep their order. */
  held: boolean;
  /** Its commit or rollback is sent: what is asked now would stand by itself. */
  over: boolean;
  /** What went wrong first. Postgres refuses all that comes after it, and those refusals say nothing. */
  failed: unknown;
}

const underWay = new WeakMap<QueryRunner, OpenTransaction>();

/** The transaction that `transaction` has begun on this runner, if it did. */
export function openTransaction(runner: QueryRunner): OpenTransaction | undefined {
  return underWay.get(runner);
}

/**
 * Runs `work` as one transaction whose statements may travel together: they are sent as they are asked, in that order,
 * and who does not need one's answer need not wait for it before asking the next. So begin and commit take no way of
 * their own to Postgres. What fails first is thrown, and the transaction is rolled back.
 *
 * A connection that is lost while the commit is under way leaves open whether it was: whoever calls may run twice.
 *
 * @param last after `work`: asks what travels with the commit, and has asked all of it when it returns; what Postgres
 *   refuses of it rolls the transaction back
 */
export async function transaction<T>(
  source: DataSource,
  work: (manager: EntityManager) => Promise<T>,
  last: (manager: EntityManager, result: T) => Promise<void>,
): Promise<T> {
  const runner = source.createQueryRunner();
  try {
    const open = begin(runner, (await runner.connect()) as ClientBase);
    try {
      const result = await work(runner.manager);
      const asked = last(runner.manager, result);
      // One that has failed before it asked anything: the commit is not to be sent.
      await Promise.race([asked, Promise.resolve()]);
      const committed = commit(open);
      await Promise.allSettled([asked, committed]);
      // In this order: of the two errors the first says why.
      await asked;
      await committed;
      return result;
    } catch (error) {
      await rollBack(open);
      throw error;
    }
  } finally {
    await runner.release();
  }
}

function begin(runner: QueryRunner, client: ClientBase): OpenTransaction {
  const open: OpenTransaction = {
    client,
    beginning: client.query('START TRANSACTION').then(
      () => void (open.begun = true),
      (error: unknown) => void (open.failed = error),
    ),
    begun: false,
    held: false,
    over: false,
    failed: undefined,
  };
  underWay.set(runner, open);
  return open;
}

async function commit(open: OpenTransaction): Promise<void> {
  await open.beginning;
  if (open.failed !== undefined) throw open.failed;
  open.over = true;
  const { command } = await open.client.query('COMMIT');
  // Postgres answers the commit of a transaction that failed with its rollback.
  if (command === 'COMMIT') return;
  // What failed, and was not waited for, was answered in the same breath: its promise comes after this one.
  if (open.failed === undefined) await setImmediate();
  throw open.failed ?? new Error('the transaction was rolled back');
}

/** Never fails: a connection that cannot roll back is ended, and Postgres does it. */
async function rollBack(open: OpenTransaction): Promise<void> {
  await open.beginning;
  open.over = true;
  await open.client.query('ROLLBACK').catch(() => endConnection(open.client));
}

/** Has the pool throw a connection away when it is given back. Never fails. */
export function endConnection(client: ClientBase): void {
  (client as Client).end().catch(() => undefined);
}
