/** API and worker as in production: compiled, each a process of its own. All end with the test file. */
import { join } from 'node:path';
import { Child, type LogLine } from './child.js';
import { freePort } from './free-port.js';
import { JWT_SECRET } from './tokens.js';
import { eventually } from './waiting.js';

export type Environment = Record<string, string | undefined>;

export interface ProcessOptions {
  /** DATABASE_URL and TEMPORAL_NAMESPACE at least; an undefined value unsets. */
  env: Environment;
  /** Do not wait until it is up: for a start that must fail, or whose Postgres comes later. */
  unready?: boolean;
}

export interface WorkerOptions extends ProcessOptions {
  /** The folder of another build than that of the test run. */
  dist?: string;
}

export interface TestProcess {
  readonly pid: number;
  /** All that it wrote. */
  logs(): string;
  /** The JSON lines of its log. */
  lines(): LogLine[];
  /** Ends it in good order; `code` is null when it had to be killed. */
  stop(): Promise<{ code: number | null; ms: number }>;
  kill9(): Promise<void>;
  /** Stops its clock, so to say: it neither runs nor dies. */
  freeze(): void;
  thaw(): void;
  /** How it ended, by itself or not. */
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

export interface ApiProcess extends TestProcess {
  readonly url: string;
  /** Until `/health/ready` answers 200. */
  waitReady(withinMs?: number): Promise<void>;
}

const DIST = join(process.cwd(), 'dist');
const UP_WITHIN_MS = 30_000;
const started: Child[] = [];

afterAll(async () => {
  await Promise.all(started.filter((child) => child.alive).map((child) => child.kill9()));
});

/** Starts an API on a free port and waits until `/health/live` answers. */
export async function startApi({ env, unready = false }: ProcessOptions): Promise<ApiProcess> {
  const port = env['PORT'] ?? String(await freePort());
  const url = `http://127.0.0.1:${port}`;
  const child = start('api', join(DIST, 'src/api.mjs'), {
    JWT_SECRET,
    RATE_LIMIT: 'off',
    ...env,
    PORT: port,
  });
  const answersWithOk = async (path: string): Promise<boolean> => {
    if (!child.alive) throw new Error(`the API ended:\n${child.text().slice(-2_000)}`);
    try {
      return (await fetch(url + path, { signal: AbortSignal.timeout(2_000) })).ok;
    } catch (error) {
      throw new Error(`${String(error)}; so far it wrote:\n${child.text().slice(-2_000)}`);
    }
  };
  if (!unready) await eventually('the API to be up', () => answersWithOk('/health/live'), UP_WITHIN_MS);
  return Object.assign(handle(child), {
    url,
    waitReady: async (withinMs = UP_WITHIN_MS) => {
      await eventually('the API to be ready', () => answersWithOk('/health/ready'), withinMs);
    },
  });
}

/** Starts a worker and waits until it polls. */
export async function startWorker({
  env,
  unready = false,
  dist = DIST,
}: WorkerOptions): Promise<TestProcess> {
  const child = start('worker', join(dist, 'src/worker/main.js'), { WORKER_METRICS_PORT: 'off', ...env });
  if (!unready) await child.says('worker polling', UP_WITHIN_MS);
  return handle(child);
}

function start(name: string, file: string, env: Environment): Child {
  const temporal = { TEMPORAL_ADDRESS: process.env['TEST_TEMPORAL_ADDRESS'] };
  const child = Child.start(name, process.execPath, [file], { ...temporal, ...env });
  started.push(child);
  return child;
}

function handle(child: Child): TestProcess {
  return {
    pid: child.pid,
    ended: child.ended,
    logs: () => child.text(),
    lines: () => child.logs(),
    kill9: () => child.kill9(),
    freeze: () => child.signal('SIGSTOP'),
    thaw: () => child.signal('SIGCONT'),
    stop: async () => {
      const startedAt = performance.now();
      const { code } = await child.stop();
      return { code, ms: performance.now() - startedAt };
    },
  };
}
