/** Child processes of a test: what they wrote, how they ended, and never one left behind. */
import { spawn, type ChildProcess } from 'node:child_process';
import { registerProcess } from '../../tools/test-services/run-folder.js';
import { eventually } from './waiting.js';

export interface LogLine {
  level: number;
  msg: string;
  [field: string]: unknown;
}

export interface Ending {
  code: number | null;
  signal: NodeJS.Signals | null;
}

const running = new Set<Child>();
/** A stop that takes longer than this is a fault of its own; then the process is killed. */
const STOP_WITHIN_MS = 25_000;

/** One process that a test started. */
export class Child {
  readonly pid: number;
  readonly ended: Promise<Ending>;
  ending: Ending | undefined;
  private output = '';

  private constructor(
    readonly name: string,
    process: ChildProcess,
  ) {
    this.pid = process.pid ?? 0;
    for (const stream of [process.stdout, process.stderr])
      stream?.setEncoding('utf8').on('data', (chunk: string) => {
        this.output += chunk;
      });
    this.ended = new Promise((resolve) =>
      process.once('close', (code, signal) => {
        this.ending = { code, signal };
        running.delete(this);
        resolve(this.ending);
      }),
    );
    running.add(this);
    // Should Jest be killed, this process ends too.
    registerProcess(this.pid);
  }

  static start(
    name: string,
    command: string,
    args: string[],
    environment: Record<string, string | undefined>,
  ): Child {
    const env = Object.fromEntries(
      Object.entries({ PATH: process.env['PATH'], HOME: process.env['HOME'], ...environment }).filter(
        (entry): entry is [string, string] => entry[1] !== undefined,
      ),
    );
    return new Child(name, spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] }));
  }

  get alive(): boolean {
    return this.ending === undefined;
  }

  /** All that it wrote. */
  text(): string {
    return this.output;
  }

  /** Its log, line by line. */
  logs(): LogLine[] {
    return this.output.split('\n').flatMap((line) => {
      try {
        return line.startsWith('{') ? [JSON.parse(line) as LogLine] : [];
      } catch {
        return [];
      }
    });
  }

  signal(signal: NodeJS.Signals): void {
    if (this.alive) process.kill(this.pid, signal);
  }

  async kill9(): Promise<void> {
    this.signal('SIGKILL');
    await this.ended;
  }

  /** Ends it in good order; kills it when that takes too long. */
  async stop(): Promise<Ending> {
    if (this.ending !== undefined) return this.ending;
    this.signal('SIGTERM');
    const timer = setTimeout(() => this.signal('SIGKILL'), STOP_WITHIN_MS);
    const ending = await this.ended;
    clearTimeout(timer);
    return ending;
  }

  /** Waits until it wrote a line that holds `words`; fails when it ends before. */
  async says(words: string, withinMs = 30_000): Promise<void> {
    await eventually(
      `${this.name} to say '${words}'`,
      () => {
        if (this.output.includes(words)) return true;
        if (!this.alive) throw new Error(`it ended: ${this.output.slice(-2_000)}`);
        return false;
      },
      withinMs,
    );
  }
}

// Should a test file end by a crash, its processes end with it.
process.once('exit', () => {
  for (const child of running) child.signal('SIGKILL');
});
