// What the API and the worker are told by their environment; all else they inherit from ours.
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment, Settings } from './settings.js';

/**
 * The environment of the API and the worker.
 * @param databaseUrl the Postgres that was started or given
 * @param temporalAddress the Temporal that we started; undefined when Temporal's own variables name another
 */
export function childEnvironment(
  settings: Settings,
  databaseUrl: string,
  temporalAddress: string | undefined,
): Environment {
  const jwtSecret = settings.jwtSecret ?? (settings.hasJwks ? undefined : keptSecret(settings.dataDir));
  const embeddedUi =
    temporalAddress === undefined ? undefined : `http://localhost:${settings.temporalUiPort}`;
  return {
    ...process.env,
    PORT: String(settings.port),
    DATABASE_URL: databaseUrl,
    DEMO: settings.demo,
    ...(temporalAddress === undefined ? {} : { TEMPORAL_ADDRESS: temporalAddress }),
    ...(jwtSecret === undefined ? {} : { JWT_SECRET: jwtSecret }),
    TEMPORAL_UI_URL: settings.temporalUiUrl ?? embeddedUi,
  };
}

/** The secret of this data folder, made at the first start: tokens stay good over restarts. */
function keptSecret(dataDir: string): string {
  const file = join(dataDir, 'jwt-secret');
  if (!existsSync(file)) {
    writeFileSync(`${file}.new`, randomBytes(32).toString('base64url'), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  }
  return readFileSync(file, 'utf8').trim();
}
