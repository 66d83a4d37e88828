// Where things are: the clone, its compiled files, and the cache that all clones of a user share.
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The clone's root folder (absolute): the nearest folder above this file that holds our package.json. */
export const ROOT = findRoot(dirname(fileURLToPath(import.meta.url)));

function findRoot(from: string): string {
  for (let folder = from; ; folder = dirname(folder)) {
    const file = join(folder, 'package.json');
    if (existsSync(file) && readFileSync(file, 'utf8').includes('"name": "pilot-dispatch"')) return folder;
    if (folder === dirname(folder)) throw new Error(`No package.json of pilot-dispatch above ${from}.`);
  }
}

/** An absolute path from one that may be relative to the clone's root. */
export function fromRoot(path: string): string {
  return resolve(ROOT, path);
}

/** The cache folder for tools that are costly to get (Temporal CLI, test server), shared by all clones of a user. */
export function cacheDir(): string {
  const base = process.env['XDG_CACHE_HOME'];
  return join(base !== undefined && base !== '' ? base : join(homedir(), '.cache'), 'pilot-dispatch');
}
