// Turns the parts' log files into terminal lines: warnings and worse, made readable.
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { type Colour, say } from './terminal.js';

const POLL_MS = 250;
/** A part in trouble repeats itself; the rest is in its file. */
const LINES_PER_WINDOW = 15;
const WINDOW_MS = 5_000;
/** The same line again within this time is left out. */
const REPEAT_MS = 10_000;
const CHUNK_BYTES = 262_144;
const WARN = 40;
const ERROR = 50;

/** Follows a log file from its present end; the parts write to files, so that they outlive this process. */
export class LogFollower {
  private offset: number;
  private rest = '';
  private shown = 0;
  private hidden = 0;
  private windowFrom = 0;
  private readonly lastShown = new Map<string, number>();
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly part: string,
    private readonly file: string,
    private readonly all: boolean,
  ) {
    this.offset = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    this.timer = setInterval(() => this.read(), POLL_MS);
  }

  /** Shows what is left, then looks no more. */
  close(): void {
    clearInterval(this.timer);
    this.read();
  }

  private read(): void {
    const text = this.rest + this.nextText();
    const lines = text.split('\n');
    this.rest = lines.pop() ?? '';
    for (const line of lines) this.show(line);
  }

  private nextText(): string {
    const size = statSync(this.file, { throwIfNoEntry: false })?.size ?? 0;
    // A smaller file is a new one: the old one was large and made room.
    if (size < this.offset) this.offset = 0;
    if (size === this.offset) return '';
    const fd = openSync(this.file, 'r');
    try {
      const from = Math.max(this.offset, fstatSync(fd).size - CHUNK_BYTES);
      const buffer = Buffer.alloc(CHUNK_BYTES);
      const length = readSync(fd, buffer, 0, buffer.length, from);
      this.offset = from + length;
      return buffer.toString('utf8', 0, length);
    } finally {
      closeSync(fd);
    }
  }

  private show(line: string): void {
    const shown = readable(this.part, line, this.all);
    if (shown === undefined || (!this.all && this.isRepeated(shown.text))) return;
    if (Date.now() - this.windowFrom > WINDOW_MS) {
      if (this.hidden > 0) say(this.part, `… and ${this.hidden} lines more in ${this.file}`, 'grey');
      this.windowFrom = Date.now();
      this.shown = 0;
      this.hidden = 0;
    }
    if (this.all || this.shown < LINES_PER_WINDOW) say(this.part, shown.text, shown.colour);
    else this.hidden += 1;
    this.shown += 1;
  }

  /** Whoever waits for something says so twice a second. */
  private isRepeated(text: string): boolean {
    const now = Date.now();
    for (const [line, at] of this.lastShown) if (now - at > REPEAT_MS) this.lastShown.delete(line);
    if (this.lastShown.has(text)) return true;
    this.lastShown.set(text, now);
    return false;
  }
}

/**
 * One line of a part's log for the terminal.
 * @param all also shows what is neither a warning nor an error
 * @returns undefined when it is not to be shown
 */
export function readable(
  part: string,
  line: string,
  all: boolean,
): { text: string; colour?: Colour } | undefined {
  if (line.trim() === '') return undefined;
  const entry = parseEntry(line);
  if (entry !== undefined) return readableEntry(entry, all);
  if (part === 'postgres') return readablePostgres(line, all);
  if (part === 'temporal')
    return all || /level=(ERROR|FATAL)|"level":"(error|fatal)"|^Error/i.test(line)
      ? { text: line }
      : undefined;
  return { text: line };
}

function parseEntry(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const entry = JSON.parse(line) as Record<string, unknown>;
    return typeof entry['level'] === 'number' ? entry : undefined;
  } catch {
    return undefined;
  }
}

function readableEntry(
  entry: Record<string, unknown>,
  all: boolean,
): { text: string; colour?: Colour } | undefined {
  const { level, msg, time: _time, name: _name, pid: _pid, hostname: _hostname, ...fields } = entry;
  if (!all && Number(level) < WARN) return undefined;
  const shown = Object.entries(fields).map(
    ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  const text = [typeof msg === 'string' ? msg : '', ...shown].join('  ');
  if (Number(level) >= ERROR) return { text, colour: 'red' };
  return Number(level) >= WARN ? { text, colour: 'yellow' } : { text };
}

/** Postgres' ERROR lines are answers to a statement, and whoever sent it speaks of them. */
function readablePostgres(line: string, all: boolean): { text: string; colour?: Colour } | undefined {
  const expected = /starting up|shutting down|terminating connection|not yet accepting/.test(line);
  if (/\b(WARNING|FATAL|PANIC): /.test(line) && !expected) return { text: line, colour: 'yellow' };
  return all ? { text: line } : undefined;
}
