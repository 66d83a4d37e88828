// The API and the worker as background processes of this Node.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { ROOT, fromRoot } from '../setup/paths.js';
import { endProcess, identify, signalProcess } from '../setup/processes.js';
import { SetupError, openLog } from '../setup/service.js';
import type { Ending, RunningPart } from './part.js';
import type { Environment } from './settings.js';
import { say } from './terminal.js';

/** Both close within 10 s by themselves; the rest is for a busy machine. */
export const STOP_GRACE_MS = 12_000;

export interface NodeProcessOptions {
  name: string;
  /** The compiled file, from the clone's root. */
  file: string;
  env: Environment;
  logFile: string;
}

/** Starts a compiled file; resolves when the process is there. */
export function startNodeProcess({ name, file, env, logFile }: NodeProcessOptions): Promise<RunningPart> {
  if (!existsSync(fromRoot(file)))
    return Promise.reject(new SetupError(`${file} is missing: run \`npm run build\`.`));
  const log = openLog(logFile);
  // Detached: Ctrl-C in the terminal is for the supervisor, which stops all parts in order.
  const child = spawn(process.execPath, ['--enable-source-maps', file], {
    cwd: ROOT,
    env,
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
  });
  log.close();
  child.unref();
  let ending: Ending | undefined;
  child.once('exit', (code, signal) => (ending = { code, signal }));
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(new SetupError(`${name} did not start: ${error.message}`)));
    child.once('spawn', () => {
      const id = identify(child.pid ?? 0) ?? { pid: child.pid ?? 0, startedAt: 'ended' };
      resolve({
        address: '',
        process: id,
        reused: false,
        ending: () => ending,
        stop: async () => {
          if (await endProcess(id, 'SIGTERM', STOP_GRACE_MS)) return;
          say(name, `did not stop within ${STOP_GRACE_MS / 1000} s and was killed`, 'red');
        },
        kill: () => signalProcess(id, 'SIGKILL'),
      });
    });
  });
}
