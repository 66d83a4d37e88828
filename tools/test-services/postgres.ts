/** The Postgres of a test run, with a migrated database that each test copies. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { fromRoot } from '../setup/paths.js';
import { startPostgres } from '../setup/postgres.js';
import { freePort } from './free-port.js';
import { registerProcess } from './run-folder.js';
import type { Started } from './started.js';

const TEMPLATE = 'dispatch_template';

/** Starts an empty Postgres in the run's folder and prepares the template. */
export async function startTestPostgres(folder: string): Promise<Started> {
  const service = await startPostgres({
    dataDir: join(folder, 'postgres'),
    port: await freePort(),
    logFile: join(folder, 'postgres.log'),
    database: TEMPLATE,
    forTests: true,
  });
  registerProcess(service.process.pid, folder);
  const template = service.address;
  await promisify(execFile)(process.execPath, [fromRoot('dist/database/migrate.js')], {
    env: { ...process.env, DATABASE_URL: template },
  });
  const server = new URL(template);
  server.pathname = '/postgres';
  const client = new pg.Client({ connectionString: server.href });
  await client.connect();
  // Nobody may connect: a template in use cannot be copied.
  await client.query(`ALTER DATABASE ${TEMPLATE} WITH IS_TEMPLATE true ALLOW_CONNECTIONS false`);
  await client.end();
  return {
    env: { TEST_POSTGRES_URL: server.href, TEST_TEMPLATE_DATABASE: TEMPLATE },
    stop: () => service.stop(),
  };
}
