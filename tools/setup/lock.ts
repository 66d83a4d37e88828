// A lock file with a holder: one set-up at a time, one supervisor per data folder.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ProcessId, identify, isRunning, processIdSchema } from './processes.js';

/**
 * Takes the lock if nobody alive holds it.
 * @param file the lock file; its folder is made when missing
 * @returns undefined when it is ours now, else the holder
 */
export async function tryLock(file: string): Promise<ProcessId | undefined> {
  mkdirSync(dirname(file), { recursive: true });
  const self = identify(process.pid) ?? { pid: process.pid, startedAt: '' };
  for (let attempt = 0; attempt < 20; attempt += 1) {
    try {
      writeFileSync(file, JSON.stringify(self), { flag: 'wx' });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const holder = readHolder(file);
      if (holder !== undefined && isRunning(holder)) return holder;
      // An unreadable file may be one whose maker has not written it yet.
      if (holder === undefined) await sleep(100);
      if (readHolder(file)?.startedAt === holder?.startedAt) rmSync(file, { force: true });
      continue;
    }
    // Two may both have removed a dead holder's file: whoever wrote last has the lock.
    await sleep(20);
    if (readHolder(file)?.startedAt === self.startedAt && readHolder(file)?.pid === self.pid)
      return undefined;
  }
  return readHolder(file) ?? { pid: 0, startedAt: '' };
}

/** Gives a lock of this process back. */
export function unlock(file: string): void {
  if (readHolder(file)?.pid === process.pid) rmSync(file, { force: true });
}

/**
 * Does some work alone; others who ask for the same file wait.
 * @param onWait called once, with the holder's pid, when somebody else is at it
 */
export async function withLock<T>(
  file: string,
  onWait: (pid: number) => void,
  work: () => Promise<T>,
): Promise<T> {
  let told = false;
  for (let holder = await tryLock(file); holder !== undefined; holder = await tryLock(file)) {
    if (!told) onWait(holder.pid);
    told = true;
    await sleep(500);
  }
  const release = (): void => unlock(file);
  process.once('exit', release);
  try {
    return await work();
  } finally {
    process.removeListener('exit', release);
    release();
  }
}

function readHolder(file: string): ProcessId | undefined {
  try {
    return processIdSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}
