// Brings the database to the newest tables, by the same program as `npm run migrate`.
import { spawn } from 'node:child_process';
import { ROOT } from '../setup/paths.js';
import { SetupError } from '../setup/service.js';
import type { Environment } from './settings.js';

/** @throws SetupError with what the program said, when it fails */
export async function runMigrations(env: Environment, signal: AbortSignal): Promise<string> {
  const child = spawn(process.execPath, ['dist/database/migrate.js'], {
    cwd: ROOT,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
  }
  // A migration is a transaction: cut off, it leaves nothing behind.
  const cutOff = (): void => void child.kill('SIGKILL');
  signal.addEventListener('abort', cutOff, { once: true });
  const code = await new Promise<number | null>((resolve) => {
    child.once('error', () => resolve(null));
    child.once('close', resolve);
  });
  signal.removeEventListener('abort', cutOff);
  signal.throwIfAborted();
  if (code !== 0) throw new SetupError(`The database could not be migrated:\n${output.trim()}`);
  return output.trim().replace(/^migrations: /, '');
}
