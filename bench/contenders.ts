/** This system and its peers, each as processes of its own on the same Postgres, Temporal and Redis. */
import { freePort } from '../tools/test-services/free-port.js';
import type { Environment, Ground } from './ground.js';
import type { NodeChild } from './node-child.js';
import { call } from './doors.js';

/** Something that takes bookings at a door. */
export interface Contender {
  url: string;
  databaseUrl: string;
  children: NodeChild[];
  close: () => Promise<void>;
}

/** Limits of requests would be what is measured. */
const OPEN_DOORS: Environment = { RATE_LIMIT: 'off' };
const READY_WITHIN_MS = 30_000;

/** API and worker of this system, as `npm start` runs them. */
export async function startOurs(
  ground: Ground,
  databaseUrl: string,
  more: { env?: Environment; workers?: number } = {},
): Promise<Contender> {
  const port = await freePort();
  const env = {
    DATABASE_URL: databaseUrl,
    TEMPORAL_ADDRESS: ground.temporalAddress,
    WORKER_METRICS_PORT: 'off',
    JWT_SECRET: ground.jwtSecret,
    PORT: String(port),
    ...OPEN_DOORS,
    ...more.env,
    LOG_LEVEL: 'info',
  };
  const children = [
    await ground.start('dist/src/worker/main.js', env, 'worker polling'),
    await ground.start('dist/src/main.js', env, 'api listening'),
  ];
  const url = `http://127.0.0.1:${port}`;
  await ready(url);
  return contender(ground, url, databaseUrl, children);
}

/** One process, a Map and setTimeout. */
export async function startInMemory(ground: Ground, databaseUrl: string): Promise<Contender> {
  const { env, url } = await peerDoor(ground, databaseUrl);
  const child = await ground.start('dist/bench/peers/in-memory/main.js', env, 'peer listening');
  return contender(ground, url, databaseUrl, [child]);
}

/** An API and a worker on BullMQ. */
export async function startBullmq(ground: Ground, databaseUrl: string): Promise<Contender> {
  const door = await peerDoor(ground, databaseUrl);
  const env = { ...door.env, REDIS_URL: await ground.redis() };
  const children = [
    await ground.start('dist/bench/peers/bullmq/worker.js', env, 'peer listening'),
    await ground.start('dist/bench/peers/bullmq/api.js', env, 'peer listening'),
  ];
  return contender(ground, door.url, databaseUrl, children);
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

function contender(ground: Ground, url: string, databaseUrl: string, children: NodeChild[]): Contender {
  return {
    url,
    databaseUrl,
    children,
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
