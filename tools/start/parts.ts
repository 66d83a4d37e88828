// The four parts of the system, and where each keeps its data and its log.
import { join } from 'node:path';
import { startPostgres } from '../setup/postgres.js';
import { startTemporal } from '../setup/temporal.js';
import { startNodeProcess } from './node-process.js';
import type { RunningPart } from './part.js';
import type { Environment, Settings } from './settings.js';
import { say } from './terminal.js';

export type PartName = 'postgres' | 'temporal' | 'worker' | 'api';

/** The compiled files of our own two programs. */
export const PROGRAMS = { api: 'dist/src/api.mjs', worker: 'dist/src/worker/main.js' } as const;

/** Where the embedded Postgres keeps its data. */
export function postgresDir({ dataDir }: Settings): string {
  return join(dataDir, 'postgres');
}

/** Where the embedded Temporal keeps its data. */
export function temporalDir({ dataDir }: Settings): string {
  return join(dataDir, 'temporal');
}

/** The log file of a part, or of the migrations. */
export function logFile({ dataDir }: Settings, name: string): string {
  return join(dataDir, 'logs', `${name}.log`);
}

/** Starts the embedded Postgres, or takes over the one that an earlier run left behind. */
export function launchPostgres(settings: Settings): Promise<RunningPart> {
  return startPostgres({
    dataDir: postgresDir(settings),
    port: settings.postgresPort,
    logFile: logFile(settings, 'postgres'),
    database: 'dispatch',
    report: (line) => say('postgres', line),
  });
}

/** Starts the embedded Temporal, or takes over the one that an earlier run left behind. */
export function launchTemporal(settings: Settings, signal: AbortSignal): Promise<RunningPart> {
  return startTemporal({
    dataDir: temporalDir(settings),
    port: settings.temporalPort,
    uiPort: settings.temporalUiPort,
    ...(settings.temporalNamespace === undefined ? {} : { namespace: settings.temporalNamespace }),
    logFile: logFile(settings, 'temporal'),
    report: (line) => say('temporal', line),
    signal,
  });
}

/** Starts the API or the worker. */
export function launchProgram(
  settings: Settings,
  name: 'api' | 'worker',
  env: Environment,
): Promise<RunningPart> {
  return startNodeProcess({ name, file: PROGRAMS[name], env, logFile: logFile(settings, name) });
}
