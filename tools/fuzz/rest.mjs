// `npm run fuzz:rest`: schemathesis over the OpenAPI document of a running system, once as each kind of caller.
// The system runs with DEMO=true (tokens) and RATE_LIMIT=off: `RATE_LIMIT=off npm start`, then this.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const VENV = join(ROOT, '.cache', 'fuzz');
const VERSION = '4.32.5';
const url = process.env['API_URL'] ?? 'http://localhost:3000';
/** Whatever is sent, the answer is none of ours that failed, and is one of those that the document names. */
const CHECKS =
  'not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance';
/** The first could refuse the token that the run uses; the second starts programs. */
const LEFT_OUT = ['/admin/tokens/revoke', '/demo/pilots'];

function run(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: ROOT, stdio: 'inherit' });
  if (error !== undefined) throw new Error(`${command}: ${error.message}`);
  return status ?? 1;
}

function setUp() {
  const program = join(VENV, 'bin', 'schemathesis');
  if (existsSync(program)) return program;
  if (run('python3', ['-m', 'venv', VENV]) !== 0) throw new Error('python3 with its module venv is needed');
  if (run(join(VENV, 'bin', 'pip'), ['install', '--quiet', `schemathesis==${VERSION}`]) !== 0)
    throw new Error(`pip could not install schemathesis ${VERSION}`);
  return program;
}

async function tokenOf(type) {
  const body = JSON.stringify({ type });
  const headers = { 'content-type': 'application/json' };
  const reply = await fetch(`${url}/demo/token`, { method: 'POST', headers, body });
  if (!reply.ok) throw new Error(`${url}/demo/token: ${reply.status}; is it running with DEMO=true?`);
  return (await reply.json()).token;
}

try {
  const program = setUp();
  let failed = 0;
  for (const type of ['user', 'pilot', 'admin']) {
    console.log(`\n== as ${type}`);
    const args = ['run', `${url}/docs-json`, '--url', url, '--checks', CHECKS, '--mode', 'all'];
    args.push(
      '--header',
      `Authorization: Bearer ${await tokenOf(type)}`,
      ...LEFT_OUT.flatMap((path) => ['--exclude-path', path]),
    );
    args.push('--phases', 'examples,coverage,fuzzing', '--no-color');
    if (run(program, [...args, ...process.argv.slice(2)]) !== 0) failed += 1;
  }
  process.exitCode = failed === 0 ? 0 : 1;
} catch (error) {
  console.error(`fuzz:rest: ${error.message}`);
  process.exitCode = 1;
}
