#!/usr/bin/env node
// Keeps package-lock.json whole. Where a registry serves the builds of one platform only, npm leaves the packages of
// the others out of the lock file; `npm ci` then refuses the file, and other machines miss their binaries. This adds
// the missing entries at the version that their parent pins. It asks no registry.
//
//   node tools/lockfile/complete-lock.mjs [--check] [FILE]
//
// With --check it changes nothing, and ends with code 1 when something is missing or a registry's address is in there.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Words in the names of such packages, e.g. `@swc/core-linux-arm64-musl`, as npm's own fields want them. */
const SYSTEMS = { windows: 'win32' };
for (const os of [
  'aix',
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
  'sunos',
  'win32',
])
  SYSTEMS[os] = os;
const PROCESSORS = [
  'arm',
  'arm64',
  'ia32',
  'loong64',
  'mips64el',
  'ppc64',
  'riscv64',
  's390x',
  'wasm32',
  'x64',
];
const LIBRARIES = { gnu: 'glibc', glibc: 'glibc', gnueabihf: 'glibc', musl: 'musl', musleabihf: 'musl' };

/** Packages whose names do not say it. */
const KNOWN = { fsevents: { hasInstallScript: true, os: ['darwin'] } };

/**
 * @typedef {Record<string, any>} Entry one package of the lock file
 * @typedef {Record<string, Entry>} Packages by their place, such as `node_modules/a/node_modules/b`
 */

/**
 * The optional packages that the lock file names but does not describe.
 * @param {Packages} packages
 * @returns {{name: string, spec: string, parent: string}[]}
 */
function findMissing(packages) {
  return Object.entries(packages).flatMap(([parent, { optionalDependencies = {} }]) =>
    Object.entries(optionalDependencies)
      .filter(([name, spec]) => !isDescribed(packages, parent, name, spec))
      .map(([name, spec]) => ({ name, spec, parent })),
  );
}

/** Looks where Node would: below the parent, then further up. Another version than a pinned one is none. */
function isDescribed(packages, parent, name, spec) {
  for (let place = parent; ; place = place.slice(0, Math.max(0, place.lastIndexOf('/node_modules/')))) {
    const found = packages[`${place === '' ? '' : `${place}/`}node_modules/${name}`];
    if (found !== undefined) return !/^\d/.test(spec) || found.version === spec;
    if (place === '') return false;
  }
}

/** At the top, unless another parent's version is there already: then below its own parent. */
function placeFor(packages, { name, parent }) {
  const top = `node_modules/${name}`;
  return packages[top] === undefined ? top : `${parent}/${top}`;
}

/**
 * The entry for a package of another platform, told from its name and its parent.
 * @param {{name: string, spec: string}} missing
 * @param {Entry} parent
 * @returns {Entry}
 * @throws when name or version do not say enough
 */
function describe({ name, spec }, parent) {
  const version = /^[~^]?(\d+\.\d+\.\d+[\w.+-]*)$/.exec(spec)?.[1];
  const common = { optional: true, ...(parent.dev ? { dev: true } : {}) };
  if (version !== undefined && KNOWN[name] !== undefined)
    return inOrder(version, { ...common, ...KNOWN[name] });
  const words = name.split(/[^a-z0-9]+/);
  const os = words.map((word) => SYSTEMS[word]).find((each) => each !== undefined);
  const cpu = words.find((word) => PROCESSORS.includes(word));
  if (version === undefined || cpu === undefined || (os === undefined && cpu !== 'wasm32'))
    throw new Error(`${name}@${spec} cannot be told from its name: add it to package-lock.json by hand.`);
  const libc =
    os === 'linux' ? words.map((word) => LIBRARIES[word]).find((each) => each !== undefined) : undefined;
  return inOrder(version, {
    ...common,
    cpu: [cpu],
    ...(libc === undefined ? {} : { libc: [libc] }),
    ...(parent.license === undefined ? {} : { license: parent.license }),
    ...(os === undefined ? {} : { os: [os] }),
  });
}

/** As npm itself writes it: the version, then the other fields by the alphabet. */
function inOrder(version, fields) {
  return { version, ...Object.fromEntries(Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1))) };
}

/** Every package whose entry says where it was fetched from: no business of other machines. */
function findAddresses(packages) {
  return Object.keys(packages).filter((place) => /^https?:/.test(packages[place].resolved ?? ''));
}

function main(args) {
  const check = args.includes('--check');
  const ours = fileURLToPath(new URL('../../package-lock.json', import.meta.url));
  const file = args.find((arg) => !arg.startsWith('--')) ?? ours;
  const lock = JSON.parse(readFileSync(file, 'utf8'));
  const missing = findMissing(lock.packages);
  const addresses = findAddresses(lock.packages);
  if (check) {
    for (const { name, spec, parent } of missing)
      console.log(`missing: ${name}@${spec}, optional for ${parent}`);
    for (const place of addresses) console.log(`names a registry: ${place}`);
    const faults = missing.length + addresses.length;
    console.log(faults === 0 ? 'package-lock.json is whole.' : 'Run: node tools/lockfile/complete-lock.mjs');
    return faults === 0 ? 0 : 1;
  }
  for (const one of missing) {
    lock.packages[placeFor(lock.packages, one)] = describe(one, lock.packages[one.parent]);
  }
  for (const place of addresses) delete lock.packages[place].resolved;
  const sorted = Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, 'en'));
  lock.packages = Object.fromEntries(sorted);
  writeFileSync(`${file}.new`, `${JSON.stringify(lock, null, 2)}\n`);
  renameSync(`${file}.new`, file);
  console.log(`${missing.length} entries added, ${addresses.length} addresses removed.`);
  return 0;
}

try {
  process.exitCode = main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
