// `npm run dev`: compiles and builds the pages on every change, bundles the workflows anew, and restarts what runs old
// code. Pages need no restart: the API reads their files when they are asked for.
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, fromRoot } from '../setup/paths.js';
import { runMigrations } from './migrations.js';
import type { Supervisor } from './supervisor.js';
import { say } from './terminal.js';

const LOOK_EVERY_MS = 500;
/** The compiler writes folder after folder: wait until it has been quiet for this long. */
const QUIET_MS = 800;
/** What runs; `npm run check` looks at the tests and tools as well. */
const PROJECTS = ['src', 'src/worker'];
const API_FOLDERS = ['contract', 'database', 'dispatch', 'events', 'payload-codec', 'src'];
const WORKER_FOLDERS = [...API_FOLDERS, 'activities', 'workflows'];
const BUNDLE_FOLDERS = ['contract', 'workflows'];
const TSC = ['node_modules/typescript/bin/tsc', '-b', ...PROJECTS, '--watch', '--preserveWatchOutput'];
const VITE = ['node_modules/vite/bin/vite.js', 'build', '--watch', '--config', 'web/vite.config.mjs'];
const BUNDLE_WORKFLOWS = ['dist/src/worker/bundle.js'];
const BUNDLE_API = [
  ...['node_modules/vite/bin/vite.js', 'build', '--logLevel', 'warn'],
  ...['--config', 'tools/bootstrap/api-bundle.config.mjs'],
];
/** Written by each build of the pages. */
const PAGES = 'dist/web/index.html';

type Snapshot = Map<string, number>;

/** Follows the compiled files while the system runs. */
export class DevWatch {
  private readonly watchers: ChildProcess[] = [];
  private timer: NodeJS.Timeout | undefined;
  private known: Snapshot = new Map();
  private pagesAt = writtenAt(PAGES);
  private changedAt = 0;
  private readonly changed = new Set<string>();
  private working: Promise<void> = Promise.resolve();
  private busy = false;
  private readonly aborter = new AbortController();

  constructor(private readonly supervisor: Supervisor) {}

  /** Begins; call it once the system is ready. */
  start(): void {
    if (this.aborter.signal.aborted) return;
    this.known = snapshot();
    this.watchers.push(watcher('tsc', TSC), watcher('vite', [...VITE, '--logLevel', 'warn']));
    this.timer = setInterval(() => this.look(), LOOK_EVERY_MS);
    say('dev', 'watching the sources; API, worker and pages are made anew when their code changes');
  }

  /** Ends the watchers, and waits for a restart that is under way. */
  async stop(): Promise<void> {
    this.aborter.abort();
    clearInterval(this.timer);
    this.kill();
    await this.working;
  }

  /** Ends the watchers at once. */
  kill(): void {
    for (const child of this.watchers) child.kill('SIGKILL');
  }

  private look(): void {
    this.lookAtPages();
    const now = snapshot();
    for (const [file, at] of now) {
      if (this.known.get(file) === at) continue;
      this.changed.add(file);
      this.changedAt = Date.now();
    }
    this.known = now;
    if (this.busy || this.changed.size === 0 || Date.now() - this.changedAt < QUIET_MS) return;
    const files = [...this.changed];
    this.changed.clear();
    this.busy = true;
    this.working = this.apply(files)
      .catch((error: unknown) => say('dev', error instanceof Error ? error.message : String(error), 'red'))
      .finally(() => (this.busy = false));
  }

  private lookAtPages(): void {
    const at = writtenAt(PAGES);
    // While they are built anew they are away for a moment.
    if (at === undefined || at === this.pagesAt) return;
    this.pagesAt = at;
    say('pages', 'built anew: load them again', 'green');
  }

  private async apply(files: string[]): Promise<void> {
    const touches = (folders: string[]): boolean =>
      files.some((file) => folders.includes(file.split(/[/\\]/)[0] ?? ''));
    const workerOnly = files.every((file) => file.startsWith(join('src', 'worker')));
    const changesApi = touches(API_FOLDERS) && !workerOnly;
    if (touches(BUNDLE_FOLDERS)) await make('The workflows', BUNDLE_WORKFLOWS);
    if (changesApi) await make('The API', BUNDLE_API);
    if (touches(['database'])) await runMigrations(this.supervisor.childEnv, this.aborter.signal);
    const restarts: Promise<void>[] = [];
    if (touches(WORKER_FOLDERS)) restarts.push(this.restart('worker'));
    if (changesApi) restarts.push(this.restart('api'));
    await Promise.all(restarts);
  }

  private async restart(name: 'api' | 'worker'): Promise<void> {
    if (this.aborter.signal.aborted) return;
    const from = Date.now();
    await this.supervisor.part(name)?.restart();
    say(name, `runs the new code (${((Date.now() - from) / 1000).toFixed(1)} s)`, 'green');
  }
}

/** A program that builds whenever a source changes; what it says is shown. */
function watcher(name: string, [file = '', ...args]: string[]): ChildProcess {
  const child = spawn(process.execPath, [fromRoot(file), ...args], {
    cwd: ROOT,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      for (const line of text.split('\n')) if (line.trim() !== '') say(name, line);
    });
  return child;
}

/** When a file was written, milliseconds; undefined when it is not there. */
function writtenAt(file: string): number | undefined {
  return statSync(fromRoot(file), { throwIfNoEntry: false })?.mtimeMs;
}

/** When each compiled file was written. */
function snapshot(): Snapshot {
  const files: Snapshot = new Map();
  for (const folder of WORKER_FOLDERS) {
    const root = fromRoot(join('dist', folder));
    for (const name of readdirSync(root, { recursive: true }).map(String)) {
      if (!name.endsWith('.js')) continue;
      const at = statSync(join(root, name), { throwIfNoEntry: false })?.mtimeMs;
      if (at !== undefined) files.set(join(folder, name), at);
    }
  }
  return files;
}

/** Makes one of the bundles; rejects with what the bundler wrote. */
function make(what: string, args: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
    }
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`${what} could not be bundled:\n${output.trim()}`)),
    );
  });
}
