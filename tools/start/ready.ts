// When is the system there? When the API says so, and it says so when Postgres, Temporal and a worker are.
import { setTimeout as sleep } from 'node:timers/promises';
import { SetupError, lastLines } from '../setup/service.js';
import { readable } from './log-lines.js';
import { logFile } from './parts.js';
import type { Settings } from './settings.js';

/** The worker alone waits a minute for a Temporal that does not answer, then gives up and says why. */
const READY_WITHIN_MS = 90_000;
const ASK_EVERY_MS = 100;
const LOG_LINES = 20;

/**
 * Waits for `GET /health/ready` to answer 200.
 * @param logFrom where in each part's log this run begins, in bytes
 * @param signal ends the waiting
 * @throws SetupError that says what is missing, with the end of the worker's and the API's log
 */
export async function waitUntilReady(
  settings: Settings,
  logFrom: Readonly<Record<string, number>>,
  signal: AbortSignal,
): Promise<void> {
  const deadline = Date.now() + READY_WITHIN_MS;
  let answer = 'the API does not answer';
  while (Date.now() < deadline) {
    signal.throwIfAborted();
    const asked = await ask(settings.port);
    if (asked === true) return;
    answer = asked ?? answer;
    await sleep(ASK_EVERY_MS, undefined, { signal });
  }
  throw new SetupError(
    `The system did not become ready within ${READY_WITHIN_MS / 1000} s: ${answer}.\n` +
      ['worker', 'api'].map((name) => logEnd(settings, name, logFrom[name])).join('\n'),
  );
}

/** The end of a part's log, with its file. */
export function logEnd(settings: Settings, name: string, fromByte = 0): string {
  const file = logFile(settings, name);
  const lines = lastLines(file, LOG_LINES, fromByte)
    .split('\n')
    .map((line) => `  ${readable(name, line, true)?.text ?? line}`)
    .filter((line, index, all) => line !== all[index - 1]);
  return `The end of ${file}:\n${lines.join('\n')}`;
}

/** True when ready, else what it says is missing; undefined when nobody answers. */
async function ask(port: number): Promise<true | string | undefined> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/health/ready`, {
      signal: AbortSignal.timeout(3_000),
    });
    const body = (await response.json()) as { detail?: string };
    return response.ok ? true : (body.detail ?? `status ${response.status}`);
  } catch {
    return undefined;
  }
}
