// Child processes of the set-up phase: they die with us on a signal, and say what failed.
import { spawn } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The clone's root folder, absolute. */
export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/**
 * Runs a command in the clone's root and waits for its end. A signal to us is passed on and then ends us.
 * @param {string} command
 * @param {string[]} args
 * @param {{quiet?: boolean, env?: Record<string, string>}} [options] quiet: gather the output instead of showing it
 * @returns {Promise<{code: number, output: string}>} the exit code (128 + n after a signal n) and, if quiet, all output
 */
export function run(command, args, { quiet = false, env = {} } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: ROOT,
      env: { ...process.env, ...env },
      stdio: quiet ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'],
    });
    let output = '';
    child.stdout?.on('data', (chunk) => (output += chunk));
    child.stderr?.on('data', (chunk) => (output += chunk));
    const forward = (signal) => {
      child.kill(signal);
      child.once('close', () => process.exit(signal === 'SIGINT' ? 130 : 143));
    };
    process.once('SIGINT', forward).once('SIGTERM', forward);
    const done = (finish) => {
      process.removeListener('SIGINT', forward).removeListener('SIGTERM', forward);
      finish();
    };
    child.once('error', (error) =>
      done(() => reject(new Error(`${command} did not start: ${error.message}`))),
    );
    child.once('close', (code) => done(() => resolve({ code: code ?? 129, output })));
  });
}

/**
 * The same for a package's own command-line tool, run by this Node (no shell, no npx).
 * @param {string} file below node_modules, e.g. `typescript/bin/tsc`
 * @param {string[]} args
 * @param {{quiet?: boolean, env?: Record<string, string>}} [options]
 */
export function runTool(file, args, options) {
  return run(process.execPath, [`node_modules/${file}`, ...args], options);
}

/**
 * A line that says what is going on, with the seconds it took once it is done.
 * @template T
 * @param {string} text what is being done
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function step(text, work) {
  const startedAt = Date.now();
  process.stderr.write(`${text} …\n`);
  const result = await work();
  process.stderr.write(`${text}: done in ${((Date.now() - startedAt) / 1000).toFixed(1)} s\n`);
  return result;
}
