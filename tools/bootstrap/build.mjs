// Compiles every folder, removes what no source stands behind any more, and bundles the workflows.
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, run, runTool, step } from './run.mjs';

/** Folders with TypeScript sources; each is compiled into dist/<folder>. */
const SOURCE_FOLDERS = [
  'contract',
  'workflows',
  'payload-codec',
  'database',
  'events',
  'dispatch',
  'activities',
  'src',
  'tools',
  'bench',
  'test',
];
const BUNDLE = 'dist/workflow-bundle.js';
const BUNDLER = 'dist/src/worker/bundle.js';
const PAGES = 'dist/web/index.html';
const API = 'dist/src/api.mjs';
const API_CONFIG = 'tools/bootstrap/api-bundle.config.mjs';

/** Whose compiled files the API is made of. */
const API_FOLDERS = ['contract', 'payload-codec', 'database', 'events', 'dispatch', 'src'];

/** What runs needs; a fault in a test must not keep the system from starting. */
const RUNTIME_PROJECTS = ['src', 'src/worker', 'tools', 'tools/chaos', 'tools/history'];

/**
 * Builds what has changed since the last time.
 * @param {{tests?: boolean}} [options] tests: compiles the tests too, which run without that but want their types checked
 * @throws when the compiler or the bundler fails; their output is on the terminal
 */
export async function build({ tests = false } = {}) {
  await compile(tests ? [] : RUNTIME_PROJECTS);
  await bundleWorkflows();
  await bundleApi();
  await buildPages();
}

/** Runs `tsc -b`; quick when nothing has changed. @throws when there are compile errors */
async function compile(projects) {
  removeOrphans();
  const startedAt = Date.now();
  const first = !existsSync(join(ROOT, 'dist/.tsbuildinfo'));
  if (first) process.stderr.write('Compiling …\n');
  const { code } = await runTool('typescript/bin/tsc', [
    '-b',
    ...projects,
    ...(process.stderr.isTTY ? ['--pretty'] : []),
  ]);
  if (code !== 0) throw new Error('The TypeScript build failed; the errors are above.');
  const seconds = (Date.now() - startedAt) / 1000;
  if (first || seconds > 3) process.stderr.write(`Compiling: done in ${seconds.toFixed(1)} s\n`);
}

/** Makes dist/workflow-bundle.js when a source of it is newer. @throws when the bundler fails */
async function bundleWorkflows() {
  if (!existsSync(join(ROOT, BUNDLER))) return;
  const inputs = [...walk('workflows', '.ts'), ...walk('contract', '.ts'), BUNDLER, 'package-lock.json'];
  if (!isOlder(BUNDLE, inputs)) return;
  await step('Bundling the workflows', async () => {
    const { code, output } = await run(process.execPath, [BUNDLER], { quiet: true });
    if (code !== 0) throw new Error(`${output}\nBundling the workflows failed with code ${code}.`);
  });
}

/** Makes dist/src/api.mjs, the API in one file, when something compiled is newer. @throws when Vite fails */
async function bundleApi() {
  const compiled = API_FOLDERS.flatMap((folder) => walk(join('dist', folder), '.js'));
  if (!isOlder(API, [...compiled, API_CONFIG, 'package-lock.json'])) return;
  await vite('Bundling the API', API_CONFIG);
}

/** Makes dist/web when a source of the pages is newer. @throws when Vite fails */
async function buildPages() {
  if (!isOlder(PAGES, [...walk('web', ''), ...walk('contract', '.ts'), 'package-lock.json'])) return;
  await vite('Building the pages', 'web/vite.config.mjs');
}

async function vite(what, config) {
  await step(what, async () => {
    const args = ['build', '--config', config, '--logLevel', 'warn'];
    const { code, output } = await runTool('vite/bin/vite.js', args, { quiet: true });
    if (code !== 0) throw new Error(`${output}\n${what} failed with code ${code}.`);
  });
}

/** A deleted source leaves its compiled file behind, and a migration found in dist would still run: remove it. */
function removeOrphans() {
  for (const file of walk('dist', '.js')) {
    const source = file.replace(/^dist[/\\]/, '');
    if (!SOURCE_FOLDERS.includes(source.split(/[/\\]/)[0])) continue;
    const stem = source.replace(/\.js$/, '');
    if (existsSync(join(ROOT, `${stem}.ts`)) || existsSync(join(ROOT, `${stem}.tsx`))) continue;
    for (const ending of ['.js', '.js.map', '.d.ts'])
      rmSync(join(ROOT, 'dist', `${stem}${ending}`), { force: true });
  }
}

function walk(folder, ending) {
  if (!existsSync(join(ROOT, folder))) return [];
  return readdirSync(join(ROOT, folder), { recursive: true })
    .map((name) => join(folder, String(name)))
    .filter((name) => name.endsWith(ending) && !name.includes('node_modules'));
}

/** Whether a file is missing, or made before one of those it is made of. */
function isOlder(file, inputs) {
  const madeAt = mtime(file);
  return madeAt === 0 || inputs.some((input) => mtime(input) > madeAt);
}

function mtime(file) {
  try {
    return statSync(join(ROOT, file)).mtimeMs;
  } catch {
    return 0;
  }
}
