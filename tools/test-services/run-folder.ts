/**
 * The folder of one test run: data, logs, and the list of the processes that belong to it, each a file
 * `processes/<pid>`. Whoever cleans up ends exactly these.
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endProcess, identify, isRunning, processIdSchema, type ProcessId } from '../setup/processes.js';

const PREFIX = 'pilot-dispatch-test-';
const OWNER = 'owner';
const PROCESSES = 'processes';

/** Makes the folder of a new run, owned by this process. */
export function makeRunFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), PREFIX));
  // Postgres, started by root, runs as another user and has to get in.
  chmodSync(folder, 0o755);
  mkdirSync(join(folder, PROCESSES));
  writeFileSync(join(folder, OWNER), JSON.stringify(identify(process.pid)));
  return folder;
}

/** Notes that a process belongs to this test run: it ends with the run, however that ends. */
export function registerProcess(pid: number, folder = process.env['TEST_RUN_FOLDER']): void {
  const id = identify(pid);
  if (folder === undefined || id === undefined || !existsSync(folder)) return;
  writeFileSync(join(folder, PROCESSES, String(pid)), JSON.stringify(id));
}

/**
 * Ends every process of the run that still lives and removes the folder.
 * @param spare a pid that is left alone
 */
export async function removeRunFolder(folder: string, spare?: number): Promise<void> {
  const list = join(folder, PROCESSES);
  const ids = existsSync(list) ? readdirSync(list).map((name) => readId(join(list, name))) : [];
  const left = ids.filter((id) => id !== undefined).filter((id) => id.pid !== spare && isRunning(id));
  await Promise.all(left.map((id) => endProcess(id, 'SIGKILL', 5_000)));
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}

/** Cleans up after earlier runs whose own cleaning was killed too. */
export async function removeAbandonedRuns(): Promise<void> {
  const folders = readdirSync(tmpdir()).filter((name) => name.startsWith(PREFIX));
  for (const folder of folders.map((name) => join(tmpdir(), name))) {
    const owner = readId(join(folder, OWNER));
    // Without an owner it is being made or removed right now.
    if (owner !== undefined && !isRunning(owner)) await removeRunFolder(folder);
  }
}

function readId(file: string): ProcessId | undefined {
  try {
    return processIdSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}
