/** What processes use, by /proc: CPU seconds and memory. Linux only, like the figures that need it. */
import { readFileSync, readdirSync } from 'node:fs';

/** Linux counts CPU time in hundredths of a second for all that asks through /proc, whatever its own clock. */
const TICKS_PER_SECOND = 100;

/**
 * CPU seconds, of user and system, that a process and its children have used so far, ended children included.
 * Throws when the process is not there.
 */
export function cpuSeconds(pid: number): number {
  const own = statOf(pid);
  if (own === null) throw new Error(`there is no process ${pid}`);
  const living = childrenOf(pid).reduce((sum, child) => sum + (statOf(child)?.ownTicks ?? 0), 0);
  return (own.ownTicks + own.endedTicks + living) / TICKS_PER_SECOND;
}

/** Open files that a process may have at most. */
export function mostOpenFiles(pid: number | 'self'): number {
  const line = /Max open files\s+(\S+)/.exec(readFileSync(`/proc/${pid}/limits`, 'utf8'))?.[1];
  return line === 'unlimited' ? Infinity : Number(line);
}

interface Stat {
  parent: number;
  ownTicks: number;
  endedTicks: number;
}

/** Pure: one line of /proc/<pid>/stat. The name in parentheses may hold spaces and parentheses. */
export function parseStat(line: string): Stat {
  const fields = line
    .slice(line.lastIndexOf(') ') + 2)
    .split(' ')
    .map(Number);
  const [parent = 0] = fields.slice(1);
  const [user = 0, system = 0, endedUser = 0, endedSystem = 0] = fields.slice(11);
  return { parent, ownTicks: user + system, endedTicks: endedUser + endedSystem };
}

function statOf(pid: number): Stat | null {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return null;
  }
}

function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((other) => Number.isInteger(other) && statOf(other)?.parent === pid);
}
