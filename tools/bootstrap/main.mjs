// Chooses what a verb needs (packages, build, workflow bundle) and then hands this very process over to it.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from './build.mjs';
import { check } from './check.mjs';
import { installPackages } from './install.mjs';
import { holdLock } from './lock.mjs';
import { ROOT } from './run.mjs';

/** Verb → the compiled file that carries it out, and the arguments put before the caller's own. */
const TARGETS = {
  start: ['dist/tools/start/main.js'],
  dev: ['dist/tools/start/main.js', '--watch'],
  api: ['dist/src/api.mjs'],
  worker: ['dist/src/worker/main.js'],
  migrate: ['dist/database/migrate.js'],
  simulate: ['dist/tools/simulate/main.js'],
  chaos: ['dist/tools/chaos/main.js'],
  'history-record': ['dist/tools/history/record.js'],
  bench: ['dist/bench/main.js'],
  'history-replay': ['dist/tools/history/replay.js'],
  'history-show': ['dist/tools/history/show.js'],
  pictures: ['dist/tools/pictures/main.js'],
  openapi: ['dist/src/docs/write-documents.js'],
  test: ['node_modules/jest/bin/jest.js'],
  'test-long': ['dist/test/long/main.js'],
  'test-planted': ['dist/test/planted/main.js'],
};
/** What these run is compiled with the tests. */
const WITH_TESTS = ['build', 'bench', 'test-long', 'test-planted'];

/**
 * Carries out one verb.
 * @param {string[]} argv the verb, then what is passed through to it
 */
export async function main([verb, ...args]) {
  const verbs = [...Object.keys(TARGETS), 'build', 'check'];
  if (verb === undefined || !verbs.includes(verb)) {
    console.error(`usage: node tools/bootstrap.mjs <${verbs.join(' | ')}> [arguments]`);
    process.exit(2);
  }
  try {
    if (verb === 'check') {
      await alone(installPackages);
      process.exitCode = await check(args, () => alone(() => build({ tests: true })));
      return;
    }
    await alone(async () => {
      await installPackages();
      await build({ tests: WITH_TESTS.includes(verb) });
    });
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  }
  if (verb !== 'build') await become(verb, args);
}

/** Does a piece of set-up work while no other command of this clone does. */
async function alone(work) {
  const lock = '.cache/bootstrap.lock';
  const release = await holdLock(join(ROOT, lock), () =>
    console.error(`Another command is setting this clone up (${lock}); waiting for it …`),
  );
  try {
    await work();
  } finally {
    release();
  }
}

/**
 * Runs the target in this process, so that signals and the exit code need nobody in between.
 * @param {string} verb one of TARGETS
 * @param {string[]} args the caller's own arguments
 */
async function become(verb, args) {
  const [file, ...fixed] = TARGETS[verb];
  const target = join(ROOT, file);
  if (!existsSync(target)) {
    console.error(`${file} is missing after the build, so 'npm run ${verb}' has nothing to run.`);
    process.exit(1);
  }
  process.chdir(ROOT);
  process.argv = [process.execPath, target, ...fixed, ...args];
  await import(pathToFileURL(target).href);
}
