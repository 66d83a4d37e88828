// A Redis server for tests and benches: found, or got from Debian's packages.
import { installPackage } from './apt.js';
import { filesNamed, pathFolders } from './on-path.js';
import { type Report, SetupError } from './service.js';

const NAME = 'redis-server';

/**
 * Finds `redis-server` on the PATH; as root on Debian and its like it installs the package when there is none.
 * @throws SetupError that says what to install
 */
export async function findRedis(report?: Report): Promise<string> {
  const found = installed() ?? ((await installPackage(NAME, report)) ? installed() : undefined);
  if (found === undefined)
    throw new SetupError(
      `There is no ${NAME} on the PATH: install Redis 7 (Debian: apt-get install ${NAME}).`,
    );
  return found;
}

function installed(): string | undefined {
  return filesNamed([NAME], [...pathFolders(), '/usr/bin', '/usr/sbin'])[0];
}
