// `npm run check`: every static check, each with a line of its own, all of them even when one fails.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, run, runTool } from './run.mjs';

const WITH_POSTGRES = 'dist/tools/setup/with-postgres.js';
const WRITE_DOCUMENTS = 'dist/src/docs/write-documents.js';

/**
 * @param {string[]} args `--json FILE` also writes `{passed: string[], failed: string[]}` there
 * @param {() => Promise<void>} build compiles everything; rejects when it cannot
 * @returns {Promise<number>} the exit code: 1 when any check failed
 */
export async function check(args, build) {
  /** @type {[string, () => Promise<{code: number, output: string}>][]} */
  const checks = [
    ['format (prettier)', () => tool('prettier/bin/prettier.cjs', ['--check', '--log-level', 'warn', '.'])],
    ['lint (oxlint, type-aware)', () => tool('oxlint/bin/oxlint', ['--type-aware', '--deny-warnings'])],
    ['colours are tokens', () => tool('../tools/lint/colours.mjs', [])],
    ['lock file is whole', () => tool('../tools/lockfile/complete-lock.mjs', ['--check'])],
    ['licences are of the list', () => tool('../tools/licences/check-licences.mjs', [])],
    ['types and build (tsc -b)', () => build().then(() => ({ code: 0, output: '' }))],
    ['migrations equal entities', () => node(WITH_POSTGRES, ['dist/database/check-migrations.js'])],
    ['OpenAPI is up to date', () => node(WRITE_DOCUMENTS, ['--check', 'openapi'])],
    ['AsyncAPI is up to date', () => node(WRITE_DOCUMENTS, ['--check', 'asyncapi'])],
  ];
  const passed = [];
  const failed = [];
  for (const [name, work] of checks) {
    const startedAt = Date.now();
    const { code, output } = await work().catch((error) => ({ code: 1, output: String(error.message) }));
    const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
    (code === 0 ? passed : failed).push(name);
    if (code !== 0) process.stdout.write(`${output.trimEnd()}\n`);
    process.stdout.write(`${code === 0 ? 'ok    ' : 'FAILED'}  ${name}  (${seconds} s)\n`);
  }
  const report = args.indexOf('--json');
  if (report >= 0) writeFileSync(args[report + 1] ?? 'check.json', JSON.stringify({ passed, failed }));
  process.stdout.write(`${passed.length} checks passed, ${failed.length} failed\n`);
  return failed.length === 0 ? 0 : 1;
}

function tool(file, args) {
  return runTool(file, args, { quiet: true });
}

function node(file, args) {
  const missing = [file, ...args].find((name) => name.startsWith('dist/') && !existsSync(join(ROOT, name)));
  if (missing !== undefined) return Promise.resolve({ code: 1, output: `${missing} was not built.` });
  return run(process.execPath, [file, ...args], { quiet: true });
}
