/** The process of the limit: worker and client of the bare workflow, driven by plain HTTP calls of the bench. */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker, bundleWorkflowCode } from '@temporalio/worker';
import { closedLoop, oneAtATime, openLoop } from '../../load.js';
import { ANSWER_SIGNAL, ANSWER_UPDATE, LIMIT_QUEUE, LIMIT_WORKFLOW, type LimitActivities } from './names.js';

const address = process.env['TEMPORAL_ADDRESS'] ?? '';
const waiting = new Map<string, () => void>();

/** Resolves when the activity of this name ran for this workflow. */
function ran(name: string): Promise<void> {
  return new Promise((resolve) => waiting.set(name, resolve));
}

function tell(name: string): void {
  waiting.get(name)?.();
  waiting.delete(name);
}

const activities: LimitActivities = {
  claim: ({ id }) => {
    tell(`claim ${id}`);
    return Promise.resolve({ offered: id });
  },
  settle: ({ id }) => {
    tell(`settle ${id}`);
    return Promise.resolve({ assigned: true });
  },
};

const workflowBundle = await bundleWorkflowCode({
  workflowsPath: fileURLToPath(new URL('./workflow.js', import.meta.url)),
  logger: undefined as never,
});
const worker = await Worker.create({
  connection: await NativeConnection.connect({ address }),
  taskQueue: LIMIT_QUEUE,
  workflowBundle,
  activities,
  maxCachedWorkflows: 5_000,
  // As our own worker.
  stickyQueueScheduleToStartTimeout: '1s',
});
const running = worker.run();
const client = new Client({ connection: await Connection.connect({ address }) });

/** Starts one; answers its id and the time from the start to its first activity, milliseconds. */
async function start(): Promise<{ id: string; startMs: number }> {
  const id = randomUUID();
  const claimed = ran(`claim ${id}`);
  const startedAt = performance.now();
  const options = {
    workflowId: `limit-${id}`,
    taskQueue: LIMIT_QUEUE,
    args: [id],
    workflowTaskTimeout: '2s',
  } as const;
  await Promise.all([client.workflow.start(LIMIT_WORKFLOW, options), claimed]);
  return { id, startMs: performance.now() - startedAt };
}

/** A whole one: started, answered by signal, settled. */
async function whole(): Promise<number> {
  const { id, startMs } = await start();
  const settled = ran(`settle ${id}`);
  await client.workflow.getHandle(`limit-${id}`).signal(ANSWER_SIGNAL);
  await settled;
  return startMs;
}

/** The round trip of an Update to one that waits for it, milliseconds. */
async function update(): Promise<number> {
  const { id } = await start();
  const startedAt = performance.now();
  await client.workflow.getHandle(`limit-${id}`).executeUpdate(ANSWER_UPDATE);
  return performance.now() - startedAt;
}

const RUNS: Record<string, (query: URLSearchParams) => Promise<unknown>> = {
  '/idle': (query) => oneAtATime(Number(query.get('count')), whole),
  '/full': (query) => closedLoop(Number(query.get('count')), Number(query.get('width')), whole),
  '/half': (query) => openLoop(Number(query.get('rate')), Number(query.get('seconds')), whole),
  '/update': (query) => oneAtATime(Number(query.get('count')), update),
};

const server = createServer((request, response) => {
  const url = new URL(request.url ?? '', 'http://limit');
  const run = RUNS[url.pathname] ?? (() => Promise.reject(new Error('no such run')));
  run(url.searchParams).then(
    (result) => response.setHeader('content-type', 'application/json').end(JSON.stringify(result)),
    (error: unknown) => {
      response.statusCode = 500;
      response.end(String(error));
    },
  );
});
server.listen(Number(process.env['PORT']), '127.0.0.1', () => process.stdout.write('peer listening\n'));

process.once('SIGTERM', () => {
  server.close();
  worker.shutdown();
  running.then(
    () => process.exit(0),
    () => process.exit(1),
  );
});
