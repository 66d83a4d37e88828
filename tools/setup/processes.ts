// Other processes, seen from outside: who they are, whether they live, how to end them.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';

/** A process beyond doubt: pids are given out again, so the start goes with it. */
export const processIdSchema = z.object({ pid: z.number().int().positive(), startedAt: z.string() });
export type ProcessId = z.infer<typeof processIdSchema>;

/** Who the process with this pid is now; undefined when there is none (or only a zombie). */
export function identify(pid: number): ProcessId | undefined {
  const startedAt = process.platform === 'linux' ? startFromProc(pid) : startFromPs(pid);
  return startedAt === undefined ? undefined : { pid, startedAt };
}

/** Whether exactly this process still runs. */
export function isRunning(id: ProcessId): boolean {
  return identify(id.pid)?.startedAt === id.startedAt;
}

/** The command line of a process, words joined by spaces; empty when it cannot be read. */
export function commandLine(pid: number): string {
  if (process.platform !== 'linux') return ps(pid, 'command') ?? '';
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim();
  } catch {
    return '';
  }
}

function startFromProc(pid: number): string | undefined {
  try {
    // The name in parentheses may hold spaces, so count the fields after it: state is the first, start the twentieth.
    const fields = (readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').pop() ?? '').split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
    // Ticks count from the boot: the same number after a restart of the machine is another process.
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${fields[19]}`;
  } catch {
    return undefined;
  }
}

function startFromPs(pid: number): string | undefined {
  if (ps(pid, 'stat')?.startsWith('Z') === true) return undefined;
  return ps(pid, 'lstart');
}

function ps(pid: number, column: string): string | undefined {
  try {
    const output = execFileSync('ps', ['-o', `${column}=`, '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return output.trim() === '' ? undefined : output.trim();
  } catch {
    return undefined;
  }
}

/** Sends a signal to exactly this process; nothing happens when it is gone. */
export function signalProcess(id: ProcessId, signal: NodeJS.Signals): void {
  if (!isRunning(id)) return;
  try {
    process.kill(id.pid, signal);
  } catch {
    // It ended between the look and the signal.
  }
}

/**
 * Waits for a process to end.
 * @param timeoutMs how long at most, in milliseconds
 * @returns whether it has ended
 */
export async function waitForEnd(id: ProcessId, timeoutMs: number): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  while (isRunning(id)) {
    if (Date.now() >= deadline) return false;
    await sleep(25);
  }
  return true;
}

/**
 * Ends a process: the polite signal first, SIGKILL when the grace is over.
 * @param graceMs how long it may take to end by itself, in milliseconds
 * @returns whether it ended within the grace
 */
export async function endProcess(id: ProcessId, signal: NodeJS.Signals, graceMs: number): Promise<boolean> {
  signalProcess(id, signal);
  if (await waitForEnd(id, graceMs)) return true;
  signalProcess(id, 'SIGKILL');
  await waitForEnd(id, 5_000);
  return false;
}
