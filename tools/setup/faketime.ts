// libfaketime, for tests with wrong clocks: found, or got from Debian's packages.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { installPackage } from './apt.js';
import { filesNamed } from './on-path.js';
import { type Report, SetupError } from './service.js';

/** The build for programs with threads, which Node and the Temporal SDK are. */
const LIBRARY = 'faketime/libfaketimeMT.so.1';
const PACKAGE = 'libfaketime';

/**
 * The path of libfaketime; as root on Debian and its like it installs the package when there is none.
 * @throws SetupError that says what to install
 */
export async function findFaketime(report?: Report): Promise<string> {
  const found = installed() ?? ((await installPackage(PACKAGE, report)) ? installed() : undefined);
  if (found === undefined)
    throw new SetupError(
      `There is no ${LIBRARY} below /usr/lib: install libfaketime (Debian: apt-get install ${PACKAGE}).`,
    );
  return found;
}

function installed(): string | undefined {
  const folders = ['/usr/lib', '/usr/lib64', '/usr/local/lib'].filter((folder) => existsSync(folder));
  const ofMachine = folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.includes('-linux-gnu'))
      .map((name) => join(folder, name)),
  );
  return filesNamed([LIBRARY], [...folders, ...ofMachine])[0];
}
