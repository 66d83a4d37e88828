// Postgres refuses to run as root. Under root (containers, CI) its programs run as an ordinary user instead.
import { execFileSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { SetupError } from './service.js';

interface User {
  uid: number;
  gid: number;
}

/** How a Postgres program has to be started: the command line, and the ids for `spawn`. */
export interface Launch {
  command: string;
  args: string[];
  uid?: number;
  gid?: number;
}

/**
 * The user for Postgres' programs; undefined when the present one will do, that is, when it is not root.
 * A data folder that exists decides by its owner.
 */
export function postgresUser(dataDir: string): User | undefined {
  if (process.getuid?.() !== 0) return undefined;
  if (existsSync(dataDir)) {
    const { uid, gid } = statSync(dataDir);
    if (uid !== 0) return { uid, gid };
  }
  // `nobody` is the last resort, for images without the tools to add a user.
  return lookUp('postgres') ?? create('postgres') ?? lookUp('nobody') ?? failNoUser();
}

function failNoUser(): never {
  throw new SetupError(
    'Postgres does not run as root, and the user "postgres" cannot be made: run as another user.',
  );
}

function lookUp(name: string): User | undefined {
  try {
    const id = (flag: string): number =>
      Number(execFileSync('id', [flag, name], { stdio: ['ignore', 'pipe', 'ignore'] }));
    return { uid: id('-u'), gid: id('-g') };
  } catch {
    return undefined;
  }
}

function create(name: string): User | undefined {
  try {
    execFileSync('useradd', ['--system', '--user-group', '--no-create-home', name], { stdio: 'ignore' });
    return lookUp(name);
  } catch {
    return undefined;
  }
}

/**
 * How to start a Postgres program as a user that may not be able to enter the folders on the way to it (a clone in
 * /root, say): then by setpriv, with the one capability to pass them, rather than by opening those folders to all.
 * @param paths what the program must reach
 * @throws SetupError when the user cannot get there
 */
export function launchAs(user: User | undefined, command: string, args: string[], paths: string[]): Launch {
  if (user === undefined) return { command, args };
  const closed = [command, ...paths]
    .map((path) => closedFolder(path, user))
    .find((path) => path !== undefined);
  if (closed === undefined) return { command, args, ...user };
  const setpriv = [
    `--reuid=${user.uid}`,
    `--regid=${user.gid}`,
    '--clear-groups',
    '--inh-caps=-all,+dac_override',
  ];
  // access(2), which initdb asks, heeds the capability of an ordinary user only with that bit.
  setpriv.push('--securebits=+no_setuid_fixup');
  setpriv.push('--ambient-caps=+dac_override', '--bounding-set=-all,+dac_override', '--no-new-privs');
  if (works('setpriv', [...setpriv, 'true']))
    return { command: 'setpriv', args: [...setpriv, command, ...args] };
  throw new SetupError(
    `Postgres does not run as root, and the user it runs as instead (uid ${user.uid}) cannot enter ${closed}: ` +
      'move the clone to a folder that all may enter, run as another user, or set DATABASE_URL.',
  );
}

/** The first folder on the way to a path that the user may not enter. */
function closedFolder(path: string, user: User): string | undefined {
  const folder = dirname(path);
  const above = folder === path ? undefined : closedFolder(folder, user);
  if (above !== undefined || !existsSync(path)) return above;
  const { mode, uid, gid } = statSync(path);
  const bit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
  return (mode & bit) === 0 ? path : undefined;
}

function works(command: string, args: string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
