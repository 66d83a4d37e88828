// `npm start`: everything on this machine, until Ctrl-C. With --watch (`npm run dev`) it follows the sources.
import { mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { tryLock, unlock } from '../setup/lock.js';
import { SetupError } from '../setup/service.js';
import { type Settings, readSettings } from './settings.js';
import { listenForStop } from './signals.js';
import { Supervisor } from './supervisor.js';
import { DevWatch } from './watch.js';

const KILLED = 130;
const FLAGS = ['--watch', '--logs'];

async function main(flags: string[]): Promise<void> {
  const unknown = flags.filter((flag) => !FLAGS.includes(flag));
  if (unknown.length > 0)
    throw new SetupError(`unknown: ${unknown.join(' ')}; there are ${FLAGS.join(' and ')}.`);
  const settings = withDataDir(readSettings(process.env));
  const lock = await takeLock(settings);
  const supervisor = new Supervisor(settings, flags.includes('--logs'));
  const watch = flags.includes('--watch') ? new DevWatch(supervisor) : undefined;
  let stopping: Promise<void> | undefined;
  const stop = (why: string): Promise<void> => {
    if (supervisor.hasParts) process.stdout.write(`\nStopping after ${why}; once more kills …\n`);
    stopping ??= Promise.all([watch?.stop(), supervisor.stop()]).then(() => undefined);
    return stopping;
  };
  const end = (code: number): never => {
    unlock(lock);
    process.exit(code);
  };
  listenForStop(
    (why) => void stop(why).then(() => end(0), fail),
    () => {
      process.stdout.write('Killing everything.\n');
      watch?.kill();
      supervisor.kill();
      end(KILLED);
    },
  );
  process.once('uncaughtException', (error) => {
    fail(error);
    void stop('a fault of the supervisor').finally(() => end(1));
  });
  try {
    await supervisor.start();
    watch?.start();
  } catch (error) {
    // A stop in the middle of the start is no failure.
    if (stopping !== undefined) return;
    fail(error);
    await stop('a failed start').catch(fail);
    end(1);
  }
}

/** Makes the folder. One folder has one name from here on, whatever links lead to it. */
function withDataDir(settings: Settings): Settings {
  mkdirSync(settings.dataDir, { recursive: true });
  return { ...settings, dataDir: realpathSync(settings.dataDir) };
}

async function takeLock(settings: Settings): Promise<string> {
  const file = join(settings.dataDir, 'supervisor.lock');
  const holder = await tryLock(file);
  if (holder === undefined) return file;
  throw new SetupError(
    `Already running: process ${holder.pid} supervises ${settings.dataDir}. Stop it (Ctrl-C there, or ` +
      `\`kill ${holder.pid}\`), or set DATA_DIR and the ports for a second system.`,
  );
}

function fail(error: unknown): void {
  const text =
    error instanceof SetupError ? error.message : error instanceof Error ? error.stack : String(error);
  process.stderr.write(`\n${text}\n`);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  fail(error);
  process.exitCode = 1;
});
