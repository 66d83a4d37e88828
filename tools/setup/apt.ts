// Debian's packages, for tools that tests need and npm does not bring.
import { spawn } from 'node:child_process';
import type { Report } from './service.js';

/** Both apt-get and Playwright's download write a line now and then; a slow network needs a while for a tenth of a file. */
const SILENT_AT_MOST_MS = 60_000;
const PROGRESS_EVERY_MS = 15_000;

/** apt-get refuses to run twice at once: each installation begins after the one before. */
let before: Promise<unknown> = Promise.resolve();

/** As root on Debian and its like: installs a package. @returns whether it did */
export function installPackage(name: string, report?: Report): Promise<boolean> {
  const mine = before.then(() => install(name, report));
  before = mine;
  return mine;
}

async function install(name: string, report?: Report): Promise<boolean> {
  if (process.getuid?.() !== 0) return false;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const what = `Installing ${name} with apt-get (once)`;
  if (!(await runToEnd('apt-get', ['update'], env, `${what}: its list of packages`, report))) return false;
  return runToEnd('apt-get', ['install', '-y', '--no-install-recommends', name], env, what, report);
}

/** Runs a program until it ends, or has been silent for too long. @returns whether it did its work */
export function runToEnd(
  command: string,
  args: string[],
  env: NodeJS.ProcessEnv,
  what: string,
  report?: Report,
): Promise<boolean> {
  report?.(what);
  const startedAt = Date.now();
  // A group of its own: both programs leave the work to children.
  const child = spawn(command, args, { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const end = (): void => void (child.pid !== undefined && process.kill(-child.pid, 'SIGKILL'));
  let silent = setTimeout(end, SILENT_AT_MOST_MS);
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', () => {
      clearTimeout(silent);
      silent = setTimeout(end, SILENT_AT_MOST_MS);
    });
  const progress = setInterval(
    () => report?.(`${what}: ${Math.round((Date.now() - startedAt) / 1000)} s so far`),
    PROGRESS_EVERY_MS,
  );
  return new Promise<boolean>((resolve) => {
    child.once('error', () => resolve(false));
    child.once('close', (code) => resolve(code === 0));
  }).finally(() => {
    clearInterval(progress);
    clearTimeout(silent);
  });
}
