// A Postgres or a Temporal of the user's own: is it there? Better asked here than guessed from a worker's log.
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import pg from 'pg';
import { setVariables } from '../../contract/environment.js';
import { SetupError } from '../setup/service.js';
import type { Settings } from './settings.js';
import { say } from './terminal.js';

/** Long enough for a container that was started by the same command line. */
const WAIT_MS = 30_000;
const PAUSE_MS = 500;
const TRY_MS = 5_000;

/** Waits until the Postgres of DATABASE_URL answers. @throws SetupError when it does not */
export async function waitForPostgres(url: string, signal: AbortSignal): Promise<void> {
  const { hostname, port, pathname } = new URL(url);
  const where = `${hostname}:${port === '' ? '5432' : port}${pathname}`;
  await waitFor('postgres', `The Postgres of DATABASE_URL (${where})`, signal, async () => {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: TRY_MS });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.query('SELECT 1');
    } finally {
      await client.end().catch(() => undefined);
    }
  });
}

/** Waits until the Temporal that the client variables name answers for its namespace. @throws SetupError when not */
export async function waitForTemporal(settings: Settings, signal: AbortSignal): Promise<void> {
  const { namespace = 'default', connectionOptions } = loadClientConnectConfig({
    overrideEnvVars: setVariables(process.env),
  });
  const what = `The Temporal of TEMPORAL_ADDRESS or its profile (${settings.temporalAddress}, namespace ${namespace})`;
  await waitFor('temporal', what, signal, async () => {
    const connection = await Connection.connect({ ...connectionOptions, connectTimeout: TRY_MS });
    try {
      const { workflowService } = connection;
      await connection.withDeadline(Date.now() + TRY_MS, () =>
        workflowService.describeTaskQueue({ namespace, taskQueue: { name: 'booking-assignment' } }),
      );
    } finally {
      await connection.close();
    }
  });
}

async function waitFor(
  part: string,
  what: string,
  signal: AbortSignal,
  attempt: () => Promise<void>,
): Promise<void> {
  const deadline = Date.now() + WAIT_MS;
  for (let told = false; ; told = true) {
    signal.throwIfAborted();
    try {
      await attempt();
      return;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (Date.now() > deadline) throw new SetupError(`${what} does not answer: ${reason}`);
      if (!told) say(part, `${what} does not answer yet: ${reason}`, 'yellow');
      await sleep(PAUSE_MS, undefined, { signal });
    }
  }
}
