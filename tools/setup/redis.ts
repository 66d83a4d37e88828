// A Redis server for tests and benches: found, or got from Debian's packages.
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { installPackage } from './apt.js';
import { type Report, SetupError } from './service.js';

const NAME = 'redis-server';

/**
 * Finds `redis-server` on the PATH; as root on Debian and its like it installs the package when there is none.
 * @throws SetupError that says what to install
 */
export async function findRedis(report?: Report): Promise<string> {
  const found = onPath() ?? ((await installPackage(NAME, report)) ? onPath() : undefined);
  if (found === undefined)
    throw new SetupError(
      `There is no ${NAME} on the PATH: install Redis 7 (Debian: apt-get install ${NAME}).`,
    );
  return found;
}

function onPath(): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/bin', '/usr/sbin'];
  return folders.map((folder) => join(folder, NAME)).find((file) => existsSync(file));
}
