// Before anything is started: is every port free that somebody of us will need?
import { setTimeout as sleep } from 'node:timers/promises';
import { isClosing, isPortTaken, portTakenMessage } from '../setup/ports.js';
import { runningPostgres } from '../setup/postgres.js';
import { SetupError } from '../setup/service.js';
import { runningTemporal } from '../setup/temporal.js';
import { postgresDir, temporalDir } from './parts.js';
import type { Settings } from './settings.js';
import { say } from './terminal.js';

/** The system keeps a closed connection's port for a minute. */
const CLOSING_MS = 70_000;

/**
 * Checks the ports; those of a Postgres and a Temporal that an earlier run left behind are ours.
 * @throws SetupError that names every taken port, who has it, and the variable that chooses another
 */
export async function checkPorts(settings: Settings, signal: AbortSignal): Promise<void> {
  const wanted: [string, number, string][] = [];
  if (
    settings.databaseUrl === undefined &&
    runningPostgres(postgresDir(settings))?.port !== settings.postgresPort
  ) {
    wanted.push(['Postgres', settings.postgresPort, 'POSTGRES_PORT']);
  }
  if (settings.temporalAddress === undefined) {
    const left = runningTemporal(temporalDir(settings), settings.temporalPort);
    if (left?.port !== settings.temporalPort)
      wanted.push(['Temporal', settings.temporalPort, 'TEMPORAL_PORT']);
    if (left?.uiPort !== settings.temporalUiPort) {
      wanted.push(['The Temporal Web UI', settings.temporalUiPort, 'TEMPORAL_UI_PORT']);
    }
  }
  wanted.push(['The API', settings.port, 'PORT']);
  const taken: string[] = [];
  for (const [what, port, variable] of wanted) {
    if (await isTakenForLong(what, port, signal)) taken.push(portTakenMessage(what, port, variable));
  }
  if (taken.length > 0) throw new SetupError(taken.join('\n'));
}

/** A port that merely belongs to a closing connection is worth the wait: nobody could stop that. */
async function isTakenForLong(what: string, port: number, signal: AbortSignal): Promise<boolean> {
  const deadline = Date.now() + CLOSING_MS;
  for (let told = false; await isPortTaken(port); told = true) {
    if (!isClosing(port) || Date.now() > deadline) return true;
    if (!told)
      say('ports', `port ${port} (${what}) is still held by a closing connection; waiting for its end`);
    await sleep(500, undefined, { signal });
  }
  return false;
}
