// Finds the Temporal command-line tool, or gets it once per user: by the SDK's own download, else built with Go.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { withLock } from './lock.js';
import { filesNamed } from './on-path.js';
import { ROOT, cacheDir } from './paths.js';
import { type Report, SetupError } from './service.js';

/** The newest version that `go install` takes; its server is the one our settings were tried with. */
const GO_MODULE = 'github.com/temporalio/cli/cmd/temporal@v1.5.1';
const DOWNLOADER = join(ROOT, 'dist/tools/setup/temporal-download.js');
/** A machine without the network must not wait long; a slow network keeps on growing the file. */
const DOWNLOAD_STALL_MS = 8_000;
const PROGRESS_EVERY_MS = 15_000;
const EXECUTABLE = process.platform === 'win32' ? 'temporal.exe' : 'temporal';

/** What getting the tool may use. */
export interface CliOptions {
  report?: Report;
  /** Ends a download or a build that is under way. */
  signal?: AbortSignal;
}

/**
 * The path of a Temporal CLI: the one on the PATH, or else the one in the cache, which is filled when it is empty.
 * @throws SetupError that says what to install when there is no way to get one
 */
export async function findTemporalCli(options: CliOptions = {}): Promise<string> {
  const onPath = filesNamed([EXECUTABLE]).find(knowsOurFlags);
  if (onPath !== undefined) return onPath;
  const cached = join(cacheDir(), 'bin', EXECUTABLE);
  if (existsSync(cached)) return cached;
  const onWait = (pid: number): void =>
    options.report?.(`Process ${pid} is getting the Temporal CLI; waiting for it`);
  return withLock(join(cacheDir(), 'temporal.lock'), onWait, async () => {
    if (existsSync(cached)) return cached;
    mkdirSync(join(cacheDir(), 'bin'), { recursive: true });
    for (const name of readdirSync(cacheDir()).filter((entry) => entry.startsWith('temporal-new-'))) {
      rmSync(join(cacheDir(), name), { recursive: true, force: true });
    }
    const folder = mkdtempSync(join(cacheDir(), 'temporal-new-'));
    try {
      const made = (await download(folder, options)) ?? (await buildWithGo(folder, options));
      // Renamed into place when whole: an interrupted attempt leaves nothing that looks like the tool.
      renameSync(made, cached);
      return cached;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
}

/** Very old versions have no persistent dev server; those are passed over. */
function knowsOurFlags(file: string): boolean {
  try {
    const help = execFileSync(file, ['server', 'start-dev', '--help'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 10_000,
    });
    return help.includes('--search-attribute') && help.includes('--sqlite-pragma');
  } catch {
    return false;
  }
}

async function download(folder: string, { report, signal }: CliOptions): Promise<string | undefined> {
  report?.("Getting the Temporal CLI by the SDK's download (once)");
  const child = spawn(process.execPath, [DOWNLOADER, folder], {
    stdio: 'ignore',
    signal,
    killSignal: 'SIGKILL',
  });
  let size = 0;
  let grownAt = Date.now();
  const watch = setInterval(() => {
    const now = folderSize(folder);
    if (now !== size) grownAt = Date.now();
    size = now;
    if (Date.now() - grownAt > DOWNLOAD_STALL_MS) child.kill('SIGKILL');
  }, 500);
  const code = await ended(child);
  clearInterval(watch);
  signal?.throwIfAborted();
  const file = readdirSync(folder).find(
    (name) => name.startsWith('temporal') && !name.endsWith('.downloading'),
  );
  if (code === 0 && file !== undefined) return join(folder, file);
  report?.('That download is out of reach from here');
  return undefined;
}

function folderSize(folder: string): number {
  return readdirSync(folder).reduce(
    (sum, name) => sum + (statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0),
    0,
  );
}

async function buildWithGo(folder: string, { report, signal }: CliOptions): Promise<string> {
  if (!hasGo()) {
    throw new SetupError(
      'There is no Temporal here and no way to get one: install the Temporal CLI (`temporal` on the PATH, see ' +
        'https://docs.temporal.io/cli) or Go 1.24 or newer, or set TEMPORAL_ADDRESS to a running Temporal.',
    );
  }
  report?.('Building the Temporal CLI with Go instead (about 3 minutes on two cores, once per user)');
  const env = { ...process.env, GOBIN: folder, GOFLAGS: '', GOOS: '', GOARCH: '', CGO_ENABLED: '0' };
  // A group of its own, so that a stop ends the compilers along with it.
  const child = spawn('go', ['install', '-v', GO_MODULE], {
    env,
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const endGroup = (): void => void (child.pid !== undefined && process.kill(-child.pid, 'SIGKILL'));
  signal?.addEventListener('abort', endGroup, { once: true });
  let output = '';
  let lines = 0;
  const startedAt = Date.now();
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    lines += chunk.split('\n').length - 1;
    output = (output + chunk).slice(-4_000);
  });
  const progress = setInterval(() => {
    const seconds = Math.round((Date.now() - startedAt) / 1000);
    report?.(`Building the Temporal CLI: ${lines} packages so far, ${seconds} s`);
  }, PROGRESS_EVERY_MS);
  const code = await ended(child);
  clearInterval(progress);
  signal?.removeEventListener('abort', endGroup);
  signal?.throwIfAborted();
  const made = join(folder, EXECUTABLE);
  if (code === 0 && existsSync(made)) return made;
  throw new SetupError(
    `\`go install ${GO_MODULE}\` failed (code ${code}); install the Temporal CLI by hand, or set TEMPORAL_ADDRESS:\n` +
      output.trim().split('\n').slice(-10).join('\n'),
  );
}

function hasGo(): boolean {
  try {
    execFileSync('go', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function ended(child: ReturnType<typeof spawn>): Promise<number | null> {
  return new Promise((resolve) => {
    child.once('error', () => resolve(null));
    child.once('close', (code) => resolve(code));
  });
}
