// DATA_DIR/run.json: the API and worker of the present run, so that the next start finds them should we be killed.
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type ProcessId, endProcess, isRunning, processIdSchema } from '../setup/processes.js';
import { STOP_GRACE_MS } from './node-process.js';
import { say } from './terminal.js';

const recordSchema = z.record(z.string(), processIdSchema);

/** Who runs now, by part. */
export class RunRecord {
  private readonly file: string;
  private readonly parts: Record<string, ProcessId> = {};

  constructor(dataDir: string) {
    this.file = join(dataDir, 'run.json');
  }

  /** Notes the process that a part has now. */
  note(name: string, process: ProcessId): void {
    this.parts[name] = process;
    writeFileSync(`${this.file}.new`, JSON.stringify(this.parts, undefined, 2));
    renameSync(`${this.file}.new`, this.file);
  }

  /** After a stop in good order there is nothing to find. */
  clear(): void {
    rmSync(this.file, { force: true });
  }

  /**
   * Stops the API and the worker that an earlier supervisor left behind: they may run old code. Pid and start time
   * together say that a process is really the one of then.
   */
  async stopLeftovers(): Promise<void> {
    const left = Object.entries(this.read()).filter(
      ([name, process]) => ['api', 'worker'].includes(name) && isRunning(process),
    );
    await Promise.all(
      left.map(async ([name, process]) => {
        say(name, `stopping the one left behind by an earlier run (pid ${process.pid})`);
        await endProcess(process, 'SIGTERM', STOP_GRACE_MS);
      }),
    );
  }

  private read(): Record<string, ProcessId> {
    try {
      return recordSchema.parse(JSON.parse(readFileSync(this.file, 'utf8')));
    } catch {
      return {};
    }
  }
}
