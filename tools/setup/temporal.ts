// Starts, reuses and stops a Temporal dev server with its Web UI, on a database file of its own.
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { z } from 'zod';
import { SEARCH_ATTRIBUTES } from '../../contract/workflow.js';
import { isPortTaken, portOwner, portTakenMessage } from './ports.js';
import {
  type ProcessId,
  commandLine,
  endProcess,
  identify,
  isRunning,
  processIdSchema,
  signalProcess,
} from './processes.js';
import { type Report, type Service, SetupError, lastLines, openLog } from './service.js';
import { findTemporalCli } from './temporal-cli.js';

export interface TemporalOptions {
  /** The folder of its database file, absolute; made when missing. */
  dataDir: string;
  port: number;
  /** Without one there is no Web UI. */
  uiPort?: number;
  logFile: string;
  /** Made when missing; `default` is there in any case. */
  namespace?: string;
  report?: Report;
  /** Ends the search for a CLI (a download, a build) that is under way. */
  signal?: AbortSignal;
}

const START_TIMEOUT_MS = 60_000;
const STOP_GRACE_MS = 10_000;
const CALL_TIMEOUT_MS = 3_000;

/**
 * The three limits that make one shard slow, eager activities (docs/decisions; measured), and polls that come back
 * empty within the time that a stopping worker waits for them (src/worker/workflow-slots.ts).
 */
const DYNAMIC_CONFIG = [
  'history.transferProcessorMaxPollRPS=1000',
  'matching.numTaskqueueReadPartitions=1',
  'matching.numTaskqueueWritePartitions=1',
  'system.enableActivityEagerExecution=true',
  'matching.longPollExpirationInterval="2s"',
];
/** Without the write-ahead log a third of the workflow starts a second. */
const PRAGMAS = ['journal_mode=WAL', 'synchronous=NORMAL'];
const ATTRIBUTE_TYPES = { KEYWORD: 'Keyword', INT: 'Int' } as const;

const noteSchema = z.object({
  process: processIdSchema,
  port: z.number(),
  uiPort: z.number().optional(),
  args: z.array(z.string()),
});
type Note = z.infer<typeof noteSchema>;

/**
 * Starts Temporal on 127.0.0.1, or takes over the one that already serves this folder in the same way.
 * @returns the running server; its address is host:port
 * @throws SetupError when there is no CLI, a port is taken, or the server does not come up
 */
export async function startTemporal(options: TemporalOptions): Promise<Service> {
  mkdirSync(options.dataDir, { recursive: true });
  const address = `127.0.0.1:${options.port}`;
  const args = serverArgs(options);
  const found = runningTemporal(options.dataDir, options.port);
  const same = found !== undefined && found.args.join('\n') === args.join('\n');
  const reused = same && (await isUsable(address, options.namespace));
  if (found !== undefined && !reused) {
    options.report?.(`Stopping the Temporal left behind on port ${found.port} (pid ${found.process.pid})`);
    await endProcess(found.process, 'SIGTERM', STOP_GRACE_MS);
  }
  const server = reused ? found.process : await launch(options, address, args);
  return {
    address,
    process: server,
    reused,
    stop: async () => {
      await endProcess(server, 'SIGTERM', STOP_GRACE_MS);
      rmSync(noteFile(options.dataDir), { force: true });
    },
    kill: () => signalProcess(server, 'SIGKILL'),
  };
}

/** The server that runs on a data folder now, whoever started it. */
export function runningTemporal(dataDir: string, port: number): Note | undefined {
  try {
    const note = noteSchema.parse(JSON.parse(readFileSync(noteFile(dataDir), 'utf8')));
    if (isRunning(note.process)) return note;
  } catch {
    // No note: never started here, or its starter was killed before it could write one.
  }
  const owner = portOwner(port);
  const found = owner === undefined ? undefined : identify(owner);
  if (found === undefined || !commandLine(found.pid).includes(databaseFile(dataDir))) return undefined;
  return { process: found, port, args: [] };
}

function serverArgs({ dataDir, port, uiPort, namespace }: TemporalOptions): string[] {
  const attributes = Object.entries(SEARCH_ATTRIBUTES).map(
    ([name, type]) => `${name}=${ATTRIBUTE_TYPES[type]}`,
  );
  const repeated = (flag: string, values: string[]): string[] => values.flatMap((value) => [flag, value]);
  return [
    'server',
    'start-dev',
    '--ip',
    '127.0.0.1',
    '--port',
    String(port),
    ...(uiPort === undefined ? ['--headless'] : ['--ui-port', String(uiPort)]),
    '--db-filename',
    databaseFile(dataDir),
    '--log-level',
    'warn',
    ...(namespace === undefined || namespace === 'default' ? [] : ['--namespace', namespace]),
    ...repeated('--sqlite-pragma', PRAGMAS),
    ...repeated('--dynamic-config-value', DYNAMIC_CONFIG),
    ...repeated('--search-attribute', attributes),
  ];
}

async function launch(options: TemporalOptions, address: string, args: string[]): Promise<ProcessId> {
  const cli = await findTemporalCli(options);
  await refuseTakenPorts(options);
  const log = openLog(options.logFile);
  // Its own client variables are for those who call Temporal, not for the server.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('TEMPORAL_')),
  );
  // Detached: Ctrl-C in the terminal must not reach it, and it may outlive a supervisor that is killed.
  const child = spawn(cli, args, { env, detached: true, stdio: ['ignore', log.fd, log.fd] });
  log.close();
  child.unref();
  const server = await new Promise<ProcessId>((resolve, reject) => {
    child.once('error', (error) => reject(new SetupError(`Temporal did not start: ${error.message}`)));
    child.once('spawn', () =>
      resolve(identify(child.pid ?? 0) ?? { pid: child.pid ?? 0, startedAt: 'ended' }),
    );
  });
  writeNote(options.dataDir, { process: server, port: options.port, uiPort: options.uiPort, args });
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (isRunning(server) && Date.now() < deadline) {
    if (await isUsable(address, options.namespace)) return server;
    await sleep(100);
  }
  await endProcess(server, 'SIGTERM', STOP_GRACE_MS);
  throw new SetupError(
    `Temporal did not come up; the end of ${options.logFile}:\n${lastLines(options.logFile, 20, log.offset)}`,
  );
}

async function refuseTakenPorts({ port, uiPort }: TemporalOptions): Promise<void> {
  if (await isPortTaken(port)) throw new SetupError(portTakenMessage('Temporal', port, 'TEMPORAL_PORT'));
  if (uiPort === undefined || !(await isPortTaken(uiPort))) return;
  throw new SetupError(portTakenMessage('The Temporal Web UI', uiPort, 'TEMPORAL_UI_PORT'));
}

/** Whether a call goes through: it listens before its namespaces and search attributes are there. */
async function isUsable(address: string, namespace = 'default'): Promise<boolean> {
  let connection: Connection | undefined;
  try {
    connection = await Connection.connect({ address, connectTimeout: CALL_TIMEOUT_MS });
    const { workflowService, operatorService } = connection;
    return await connection.withDeadline(Date.now() + CALL_TIMEOUT_MS, async () => {
      await workflowService.describeNamespace({ namespace });
      const { customAttributes } = await operatorService.listSearchAttributes({ namespace });
      return Object.keys(SEARCH_ATTRIBUTES).every((name) => name in customAttributes);
    });
  } catch {
    return false;
  } finally {
    await connection?.close();
  }
}

function databaseFile(dataDir: string): string {
  return join(dataDir, 'temporal.db');
}

function noteFile(dataDir: string): string {
  return join(dataDir, 'server.json');
}

function writeNote(dataDir: string, note: Note): void {
  writeFileSync(`${noteFile(dataDir)}.new`, JSON.stringify(note));
  renameSync(`${noteFile(dataDir)}.new`, noteFile(dataDir));
}
