// Brings node_modules in line with package-lock.json, and does nothing when it already is.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, run, step } from './run.mjs';

/**
 * Runs `npm ci` when something the lock file wants is missing or has another version.
 * @throws when npm fails
 */
export async function installPackages() {
  const reason = staleReason();
  if (reason === undefined) return;
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  await step(`Installing packages (${reason})`, async () => {
    // The build needs the development packages, also where NODE_ENV=production would leave them out.
    const { code } = await run(npm, ['ci', '--include=dev', '--no-audit', '--no-fund']);
    if (code !== 0) throw new Error(`npm ci failed with code ${code}; its output is above.`);
  });
}

/** @returns {string | undefined} why `npm ci` is needed; undefined when it is not */
function staleReason() {
  const wanted = readPackages('package-lock.json');
  const installed = readPackages('node_modules/.package-lock.json');
  if (wanted === undefined) return 'package-lock.json cannot be read';
  if (installed === undefined) return 'node_modules is missing';
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === '' || entry.link) continue;
    const found = installed[path];
    // An optional package for another platform is in the lock file but not on this machine.
    if (found === undefined && (entry.optional || entry.peer)) continue;
    if (found?.version !== entry.version) return `${path.replace(/^node_modules\//, '')} has changed`;
  }
  return undefined;
}

function readPackages(file) {
  try {
    return JSON.parse(readFileSync(join(ROOT, file), 'utf8')).packages;
  } catch {
    return undefined;
  }
}
