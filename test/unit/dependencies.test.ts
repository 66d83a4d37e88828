// What we build on: the lock file is whole, every licence is of the list, every version is pinned.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const run = (file: string, ...args: string[]) =>
  execFileSync(process.execPath, [join(process.cwd(), file), ...args], { encoding: 'utf8' });

test('S24 · the lock file is whole, and every licence is of the list', () => {
  expect(run('tools/lockfile/complete-lock.mjs', '--check')).not.toMatch(/missing/);
  expect(run('tools/licences/check-licences.mjs')).toBe('');
});

test('S24 · every package is pinned, and locked by the hash of what it is', () => {
  const { dependencies, devDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as Record<
    string,
    Record<string, string>
  >;
  for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies }))
    if (!/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)) throw new Error(`${name}: ${version} is not one version`);
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
    packages: Record<string, { integrity?: string; optional?: boolean; inBundle?: boolean; link?: boolean }>;
  };
  // Those of other platforms are added to the lock file by the name and version that their parent pins.
  const loose = Object.entries(packages)
    .filter(
      ([path, one]) =>
        path !== '' && one.integrity === undefined && !one.optional && !one.inBundle && !one.link,
    )
    .map(([path]) => path);
  expect(loose).toEqual([]);
});
