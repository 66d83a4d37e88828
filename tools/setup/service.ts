// What a background program looks like to those who start it: embedded Postgres and Temporal both are one.
import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  statSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { type ProcessId } from './processes.js';

/** Called with a line for people about what is going on. */
export type Report = (line: string) => void;

/** A background program that is up. */
export interface Service {
  /** Where clients reach it: a Postgres URL, or host:port of Temporal. */
  readonly address: string;
  readonly process: ProcessId;
  /** Whether it was already running, left behind by an earlier run. */
  readonly reused: boolean;
  /** Ends it in good order; resolves when it is gone. */
  stop(): Promise<void>;
  /** Ends it now, without grace; its data survive that. */
  kill(): void;
}

/** A failure of a set-up step that a user can act on: shown as its message, without a stack. */
export class SetupError extends Error {
  override readonly name = 'SetupError';
}

/** Log files beyond this size make room for a new one at the next start. */
const LOG_LIMIT_BYTES = 5_000_000;

/**
 * Opens a log file for a child's output, for appending. The caller closes the descriptor once the child has it.
 * @returns the file descriptor and the size so far in bytes, where the child's own output begins
 */
export function openLog(file: string): { fd: number; offset: number; close(): void } {
  mkdirSync(dirname(file), { recursive: true });
  if (existsSync(file) && statSync(file).size > LOG_LIMIT_BYTES) renameSync(file, `${file}.1`);
  const fd = openSync(file, 'a');
  const offset = statSync(file).size;
  return { fd, offset, close: () => closeSync(fd) };
}

/** An error message shows a few lines; a log may be long. */
const TAIL_BYTES = 32_768;

/**
 * The last lines of a log file, for an error message.
 * @param fromByte leaves out what was there before
 */
export function lastLines(file: string, count: number, fromByte = 0): string {
  if (!existsSync(file)) return '';
  const fd = openSync(file, 'r');
  try {
    const { size } = fstatSync(fd);
    // A log smaller than that has made room for a new one since.
    const from = Math.max(fromByte > size ? 0 : fromByte, size - TAIL_BYTES, 0);
    const buffer = Buffer.alloc(Math.max(size - from, 0));
    const length = readSync(fd, buffer, 0, buffer.length, from);
    return buffer.toString('utf8', 0, length).trimEnd().split('\n').slice(-count).join('\n');
  } finally {
    closeSync(fd);
  }
}
