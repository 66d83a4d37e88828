// One set-up at a time per clone: two verbs started together must not both run `npm ci` or `tsc -b`.
import { mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Waits until this process holds the lock file. A lock whose holder has died is taken over.
 * @param {string} file
 * @param {() => void} onWait called once when somebody else holds it
 * @returns {Promise<() => void>} gives the lock back; also done when the process exits
 */
export async function holdLock(file, onWait) {
  mkdirSync(dirname(file), { recursive: true });
  let told = false;
  for (;;) {
    if (await tryLock(file)) break;
    if (!told) onWait();
    told = true;
    await sleep(200);
  }
  const release = () => {
    process.removeListener('exit', release);
    if (readHolder(file) === identify(process.pid)) rmQuietly(file);
  };
  process.once('exit', release);
  return release;
}

async function tryLock(file) {
  try {
    writeFileSync(file, identify(process.pid), { flag: 'wx' });
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    const holder = readHolder(file);
    if (holder !== undefined && isAlive(holder)) return false;
    // An empty file may be one that its maker has not written yet.
    if (holder === undefined) await sleep(100);
    if (readHolder(file) === holder) rmQuietly(file);
    return false;
  }
  // Two waiters may both have removed the dead holder's file: the last writer keeps the lock.
  await sleep(20);
  return readHolder(file) === identify(process.pid);
}

function readHolder(file) {
  try {
    return readFileSync(file, 'utf8') || undefined;
  } catch {
    return undefined;
  }
}

function rmQuietly(file) {
  try {
    unlinkSync(file);
  } catch {
    // Somebody else was faster: nothing is left to remove.
  }
}

function isAlive(holder) {
  const pid = Number.parseInt(holder, 10);
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error.code !== 'EPERM') return false;
  }
  return identify(pid) === holder;
}

/** The pid with its start time where /proc has it, so that a pid given to another process is not taken for ours. */
function identify(pid) {
  try {
    const afterName = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').pop();
    return `${pid} ${afterName.split(' ')[19]}`;
  } catch {
    return String(pid);
  }
}
