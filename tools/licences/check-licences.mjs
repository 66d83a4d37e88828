// Every package that the lock file names has a licence of the list: of the installed ones by their own package.json,
// of those for other platforms by the lock file.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Licences that ask for no more than their text to be kept; of a choice (`A OR B`) one is enough. */
const ALLOWED = new Set([
  ...[
    'MIT',
    'MIT-0',
    'ISC',
    'BSD-2-Clause',
    'BSD-3-Clause',
    '0BSD',
    'Apache-2.0',
    'BlueOak-1.0.0',
    'Unlicense',
  ],
  ...['CC0-1.0', 'CC-BY-4.0', 'Python-2.0', 'WTFPL', 'Zlib', 'PostgreSQL'],
  // Weak copyleft by the file; used for building the pages and for tests, not changed.
  'MPL-2.0',
]);
/** Packages whose package.json says it in another way, with what their LICENSE file says. */
const SAID_OTHERWISE = { unionfs: 'Unlicense' };

/** @returns {string} an SPDX expression, or '' */
function licenceOf(path, entry) {
  const file = join(ROOT, path, 'package.json');
  const own = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  const said = own.license ?? own.licenses?.[0] ?? entry.license ?? '';
  const name = path.split('node_modules/').at(-1);
  return SAID_OTHERWISE[name] ?? (typeof said === 'object' ? said.type : said);
}

function allowed(expression) {
  const choices = expression.replaceAll(/[()]/g, '').split(/ OR /);
  return choices.some((choice) => choice.split(/ AND /).every((one) => ALLOWED.has(one.trim())));
}

const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
const bad = Object.entries(packages)
  .filter(([path, entry]) => path !== '' && entry.link !== true)
  .map(([path, entry]) => [path, licenceOf(path, entry), existsSync(join(ROOT, path))])
  // One for another platform whose entry the registry gave no licence: its parent has one, and is looked at.
  .filter(([, licence, installed]) => (licence === '' ? installed : !allowed(licence)));
for (const [path, licence] of bad) console.log(`${path}: ${licence === '' ? 'no licence' : licence}`);
if (bad.length > 0) {
  console.log(
    `Not in the list of tools/licences/check-licences.mjs: ${bad.length} of ${Object.keys(packages).length} packages.`,
  );
  process.exitCode = 1;
}
