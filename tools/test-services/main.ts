/**
 * The services of one test run, as a process of its own: `main.js <pid of Jest> [postgres] [temporal] [skipping] [chromium]
 * [faketime] [redis]`.
 * It prints one line of JSON, the environment for the tests, once everything is up. It ends it all and removes
 * every file when its standard input closes: at the end of the run, or when Jest died.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { identify, isRunning } from '../setup/processes.js';
import { findBrowser } from './chromium.js';
import { findWrongClocks } from './faketime.js';
import { startTestPostgres } from './postgres.js';
import { findRedisServer } from './redis.js';
import { makeRunFolder, removeAbandonedRuns, removeRunFolder } from './run-folder.js';
import { findSkippingServer } from './skipping.js';
import type { Started } from './started.js';
import { startTestTemporal } from './temporal.js';

const LOOK_EVERY_MS = 500;
const STARTERS: Record<string, (folder: string) => Promise<Started>> = {
  postgres: startTestPostgres,
  temporal: startTestTemporal,
  skipping: findSkippingServer,
  chromium: findBrowser,
  faketime: findWrongClocks,
  redis: findRedisServer,
};

async function main(): Promise<void> {
  const [jestPid, ...wanted] = process.argv.slice(2);
  const jestEnded = untilEnded(Number(jestPid));
  // Not ours to obey: Jest decides, and tells us by closing our input.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
  await removeAbandonedRuns();
  const folder = makeRunFolder();
  const starters = wanted.map((name) => STARTERS[name]).filter((start) => start !== undefined);
  const starting = starters.map((start) => start(folder));
  try {
    const started = await Promise.race([Promise.all(starting), jestEnded]);
    if (started === undefined) return;
    const parts = started.map((each) => Object.entries(each.env));
    const env = { TEST_RUN_FOLDER: folder, ...Object.fromEntries(parts.flat()) };
    process.stdout.write(`${JSON.stringify(env)}\n`);
    await jestEnded;
  } finally {
    const settled = await Promise.allSettled(starting);
    const up = settled.filter((each) => each.status === 'fulfilled');
    await Promise.all(up.map((each) => each.value.stop()));
    await removeRunFolder(folder, Number(jestPid));
  }
}

/** Resolves when Jest has closed our input or is gone. */
async function untilEnded(pid: number): Promise<undefined> {
  const jest = identify(pid);
  let closed = false;
  for (const event of ['end', 'close', 'error']) process.stdin.once(event, () => (closed = true));
  process.stdin.resume();
  while (!closed && jest !== undefined && isRunning(jest)) await sleep(LOOK_EVERY_MS);
  return undefined;
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
