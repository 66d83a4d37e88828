/** A process of the run: its output, its memory, its end. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';

const UP_WITHIN_MS = 60_000;
/** Past this it is not stopping, it hangs. */
const STOP_WITHIN_MS = 15_000;
/** Of the output only the end is kept: it is read when something failed. */
const KEPT_CHARACTERS = 100_000;

export class NodeChild {
  readonly pid: number;
  private output = '';
  private ended = false;
  private readonly end: Promise<void>;

  constructor(
    private readonly process: ChildProcess,
    private readonly name: string,
  ) {
    this.pid = process.pid ?? 0;
    for (const stream of [process.stdout, process.stderr])
      stream?.setEncoding('utf8').on('data', (chunk: string) => {
        this.output = (this.output + chunk).slice(-KEPT_CHARACTERS);
      });
    this.end = new Promise((resolve) =>
      process.once('close', () => {
        this.ended = true;
        resolve();
      }),
    );
  }

  static start(file: string, env: Record<string, string>): NodeChild {
    const child = spawn(process.execPath, [file], {
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], LOG_LEVEL: 'warn', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new NodeChild(child, file);
  }

  /** Waits for words in its output. Throws when it ends before, or does not say them in a minute. */
  async says(words: string): Promise<void> {
    const giveUpAt = performance.now() + UP_WITHIN_MS;
    while (!this.output.includes(words)) {
      if (this.ended || performance.now() > giveUpAt)
        throw new Error(`${this.name} did not say '${words}':\n${this.output.slice(-2_000)}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Resident memory now, megabytes. */
  residentMb(): number {
    const status = readFileSync(`/proc/${this.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? NaN) / 1024;
  }

  kill9(): Promise<void> {
    this.process.kill('SIGKILL');
    return this.end;
  }

  async stop(): Promise<void> {
    if (this.ended) return;
    this.process.kill('SIGTERM');
    const timer = setTimeout(() => this.process.kill('SIGKILL'), STOP_WITHIN_MS);
    await this.end;
    clearTimeout(timer);
  }
}

/** Runs a compiled file to its end. Throws with its output when it fails. */
export async function runToEnd(file: string, env: Record<string, string>): Promise<void> {
  await promisify(execFile)(process.execPath, [file], { env: { PATH: process.env['PATH'], ...env } });
}
