// `with-postgres.js FILE [ARGUMENTS]`: runs a compiled program against a Postgres of its own, thrown away afterwards.
import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './paths.js';
import { freePort } from './ports.js';
import { startPostgres } from './postgres.js';
import { SetupError } from './service.js';

async function main([file, ...args]: string[]): Promise<number> {
  if (file === undefined) throw new SetupError('usage: with-postgres.js FILE [ARGUMENTS]');
  const folder = mkdtempSync(join(tmpdir(), 'pilot-dispatch-'));
  // Under root Postgres runs as a user of its own, who has to get in.
  chmodSync(folder, 0o755);
  try {
    const postgres = await startPostgres({
      dataDir: join(folder, 'data'),
      port: await freePort(),
      logFile: join(folder, 'postgres.log'),
      database: 'check',
      forTests: true,
    });
    // Also when we are told to stop, it must not be left behind.
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => postgres.kill());
    try {
      return await run(file, args, postgres.address);
    } finally {
      await postgres.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function run(file: string, args: string[], url: string): Promise<number> {
  const child = spawn(process.execPath, [file, ...args], {
    cwd: ROOT,
    env: { ...process.env, DATABASE_URL: url },
    stdio: 'inherit',
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
}

main(process.argv.slice(2)).then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    const text =
      error instanceof SetupError ? error.message : error instanceof Error ? error.stack : String(error);
    process.stderr.write(`${text}\n`);
    process.exitCode = 1;
  },
);
