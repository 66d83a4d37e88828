/**
 * Before all tests: starts what the chosen tests need, in a process of its own (tools/test-services/main.ts), which ends it
 * all when its standard input closes. So nothing outlives this process, even one that was killed.
 *
 * Jest loads this file without its resolver: it imports no file of ours.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

type Service = 'postgres' | 'temporal' | 'skipping' | 'chromium' | 'faketime' | 'redis';
const ALL: Service[] = ['postgres', 'temporal', 'skipping', 'chromium', 'faketime', 'redis'];

/** What the tests of each folder use. */
const NEEDS: Record<string, Service[]> = {
  unit: [],
  replay: [],
  database: ['postgres'],
  workflows: ['postgres', 'temporal', 'skipping'],
  api: ['postgres', 'temporal', 'redis'],
  journey: ['postgres', 'temporal', 'faketime'],
  browser: ['postgres', 'temporal', 'chromium'],
};

interface JestConfig {
  rootDir: string;
  testPathPatterns?: { patterns: string[] };
}

/** Where ./global-teardown.ts, in the same process, finds it. */
export type WithServices = typeof globalThis & { pilotDispatchServices?: ChildProcess };

/** Starts the services, and tells the tests where they are by environment variables. */
export default async function globalSetup(config: JestConfig): Promise<void> {
  const bundle = join(config.rootDir, 'dist/workflow-bundle.js');
  const program = join(config.rootDir, 'dist/tools/test-services/main.js');
  for (const file of [program, bundle]) {
    if (!existsSync(file))
      throw new Error(`${file} is missing: run 'npm run build' first ('npm test' does).`);
  }
  process.env['TEST_WORKFLOW_BUNDLE'] = bundle;
  const services = servicesFor(config);
  // Detached: Ctrl-C reaches Jest alone, and this process then ends what it started, in order.
  const child = spawn(process.execPath, [program, String(process.pid), ...services], {
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  (globalThis as WithServices).pilotDispatchServices = child;
  Object.assign(process.env, await answer(child));
}

/** What the tests named on the command line need; everything when that is not plain to see. */
function servicesFor({ rootDir, testPathPatterns }: JestConfig): Service[] {
  const patterns = (testPathPatterns?.patterns ?? []).map((one) => new RegExp(one.replace(/^\.\//, ''), 'i'));
  const folders = Object.keys(NEEDS).filter((folder) =>
    testsIn(join(rootDir, 'test', folder)).some((file) => patterns.some((pattern) => pattern.test(file))),
  );
  if (folders.length === 0) return ALL;
  const needed = new Set(folders.flatMap((folder) => NEEDS[folder] ?? ALL));
  return ALL.filter((service) => needed.has(service));
}

function testsIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder, { recursive: true }).map(String);
  return names.filter((name) => /\.test\.tsx?$/.test(name)).map((name) => join(folder, name));
}

/** The environment that the process prints as one line of JSON once everything is up. */
function answer(child: ChildProcess): Promise<Record<string, string>> {
  return new Promise((resolve, reject) => {
    let output = '';
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
      if (output.includes('\n')) resolve(JSON.parse(output) as Record<string, string>);
    });
    child.once('error', reject);
    child.once('exit', (code) =>
      reject(new Error(`the services of the tests did not start (code ${code}); see above`)),
    );
  });
}
