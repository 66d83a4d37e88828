/** This system and its peers, each as processes of its own on the same Postgres, Temporal and Redis. */
import { PROGRAMS } from '../tools/start/parts.js';
import { freePort } from '../tools/test-services/free-port.js';
import type { Environment, Ground } from './ground.js';
import type { NodeChild } from './node-child.js';
import { call } from './doors.js';

/** Something that takes bookings at a door. */
export interface Contender {
  url: string;
  databaseUrl: string;
  children: NodeChild[];
  /** Starts all its processes again as they were, after they were killed. */
  startAgain: () => Promise<void>;
  close: () => Promise<void>;
}

/** This system, whose worker may be replaced by another. */
export interface Ours extends Contender {
  /** Where Temporal keeps its workflows: of this contender alone. */
  namespace: string;
  worker: () => NodeChild;
  api: () => NodeChild;
  /** Ends the worker in good order and starts one with more of an environment. */
  replaceWorker: (env: Environment) => Promise<void>;
}

/** One process of a contender: what is started, and what it says when it is up. */
interface Part {
  file: string;
  env: Environment;
  says: string;
}

/** Limits of requests and sockets would be what is measured. */
const OPEN_DOORS: Environment = { RATE_LIMIT: 'off', SOCKET_LIMIT: 'off' };
const READY_WITHIN_MS = 30_000;

/** API and worker of this system, as `npm start` runs them. */
export async function startOurs(
  ground: Ground,
  databaseUrl: string,
  more: { env?: Environment; workerEnv?: Environment; apiEnv?: Environment } = {},
): Promise<Ours> {
  const port = await freePort();
  const namespace = await ground.namespace();
  const env = {
    DATABASE_URL: databaseUrl,
    TEMPORAL_ADDRESS: ground.temporalAddress,
    TEMPORAL_NAMESPACE: namespace,
    WORKER_METRICS_PORT: 'off',
    JWT_SECRET: ground.jwtSecret,
    PORT: String(port),
    ...OPEN_DOORS,
    ...more.env,
    LOG_LEVEL: 'info',
  };
  const worker = {
    file: PROGRAMS.worker,
    env: { ...env, ...more.workerEnv },
    says: 'worker polling',
  };
  const api = { file: PROGRAMS.api, env: { ...env, ...more.apiEnv }, says: 'api listening' };
  const url = `http://127.0.0.1:${port}`;
  const contender = await start(ground, { url, databaseUrl, ready: () => ready(url) }, [worker, api]);
  return Object.assign(contender, {
    namespace,
    worker: () => contender.children[0] as NodeChild,
    api: () => contender.children[1] as NodeChild,
    replaceWorker: async (other: Environment) => {
      await ground.end(contender.children[0] as NodeChild);
      contender.children[0] = await ground.start(worker.file, { ...worker.env, ...other }, worker.says);
    },
  });
}

/** One process, a Map and setTimeout. */
export async function startInMemory(ground: Ground, databaseUrl: string): Promise<Contender> {
  const { env, url } = await peerDoor(ground, databaseUrl);
  return start(ground, { url, databaseUrl }, [peer('in-memory/main', env)]);
}

/** An API and a worker on BullMQ. */
export async function startBullmq(ground: Ground, databaseUrl: string): Promise<Contender> {
  const door = await peerDoor(ground, databaseUrl);
  const env = { ...door.env, REDIS_URL: await ground.redis() };
  const parts = [peer('bullmq/worker', env), peer('bullmq/api', env)];
  return start(ground, { url: door.url, databaseUrl }, parts);
}

function peer(name: string, env: Environment): Part {
  return { file: `dist/bench/peers/${name}.js`, env, says: 'peer listening' };
}

/** The bare workflow; `run` has it do one of its runs. */
export async function startLimit(
  ground: Ground,
): Promise<{ run: <T>(path: string) => Promise<T>; close: () => Promise<void> }> {
  const port = await freePort();
  const env = { TEMPORAL_ADDRESS: ground.temporalAddress, PORT: String(port) };
  const child = await ground.start('dist/bench/peers/limit/main.js', env, 'peer listening');
  return {
    async run<T>(path: string): Promise<T> {
      const { status, body } = await call('GET', `http://127.0.0.1:${port}${path}`, '');
      if (status !== 200) throw new Error(`the limit failed: ${String(body)}`);
      return body as T;
    },
    close: () => ground.end(child),
  };
}

async function peerDoor(ground: Ground, databaseUrl: string): Promise<{ env: Environment; url: string }> {
  const port = await freePort();
  return {
    env: { DATABASE_URL: databaseUrl, JWT_SECRET: ground.jwtSecret, PORT: String(port) },
    url: `http://127.0.0.1:${port}`,
  };
}

async function start(
  ground: Ground,
  door: { url: string; databaseUrl: string; ready?: () => Promise<void> },
  parts: Part[],
): Promise<Contender> {
  const children: NodeChild[] = [];
  const startAgain = async (): Promise<void> => {
    children.splice(0);
    for (const { file, env, says } of parts) children.push(await ground.start(file, env, says));
    await door.ready?.();
  };
  await startAgain();
  return {
    url: door.url,
    databaseUrl: door.databaseUrl,
    children,
    startAgain,
    close: async () => {
      for (const child of children.toReversed()) await ground.end(child);
    },
  };
}

async function ready(url: string): Promise<void> {
  const giveUpAt = performance.now() + READY_WITHIN_MS;
  for (;;) {
    const answer = await call('GET', `${url}/health/ready`, '').catch(() => null);
    if (answer?.status === 200) return;
    if (performance.now() > giveUpAt) throw new Error(`not ready: ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
