// Starts, reuses and stops an embedded Postgres.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { isPortTaken, portTakenMessage } from './ports.js';
import { clusterUrl, ensureCluster, findBinaries, postgresEnv } from './postgres-cluster.js';
import { launchAs, postgresUser } from './postgres-user.js';
import {
  type ProcessId,
  commandLine,
  endProcess,
  identify,
  isRunning,
  signalProcess,
  waitForEnd,
} from './processes.js';
import { type Report, type Service, SetupError, lastLines, openLog } from './service.js';

export interface PostgresOptions {
  /** The cluster's folder, absolute; made when missing. */
  dataDir: string;
  port: number;
  logFile: string;
  /** Made when missing. */
  database: string;
  /** Trades safety for speed and allows more connections: a crash of the machine may lose everything. */
  forTests?: boolean;
  report?: Report;
}

/** Long enough for the recovery after a crash under load, which reads the log back. */
const START_TIMEOUT_MS = 60_000;
/** A fast shutdown writes a checkpoint; after this long it is ended without one, which costs a recovery. */
const STOP_GRACE_MS = 10_000;

/**
 * Starts Postgres on 127.0.0.1, or takes over the one that already serves this folder on this port.
 * @returns the running server; its address is the URL of the database
 * @throws SetupError when the port is taken, or the server does not come up
 */
export async function startPostgres(options: PostgresOptions): Promise<Service> {
  const { dataDir, port, database } = options;
  await ensureCluster(dataDir, options.forTests === true);
  const found = runningPostgres(dataDir);
  const reused =
    found !== undefined && found.port === port && (await accepts(clusterUrl(dataDir, port, 'postgres')));
  if (found !== undefined && !reused) {
    options.report?.(`Stopping the Postgres left behind on port ${found.port} (pid ${found.process.pid})`);
    await stopPostgres(found.process);
  }
  const server = reused ? found.process : await launch(options);
  await createDatabase(clusterUrl(dataDir, port, 'postgres'), database);
  return {
    address: clusterUrl(dataDir, port, database),
    process: server,
    reused,
    stop: () => stopPostgres(server),
    // An immediate shutdown takes the backends along, which SIGKILL would leave behind.
    kill: () => signalProcess(server, 'SIGQUIT'),
  };
}

/** The server that runs on a data folder now, whoever started it. */
export function runningPostgres(dataDir: string): { process: ProcessId; port: number } | undefined {
  const pidFile = join(dataDir, 'postmaster.pid');
  if (!existsSync(pidFile)) return undefined;
  const [pid, , , port] = readFileSync(pidFile, 'utf8').split('\n');
  const found = identify(Number(pid));
  if (found === undefined) return undefined;
  // The pid may have gone to a stranger since: only a program started on this very folder is ours.
  if (!`${commandLine(found.pid)} `.includes(`-D ${dataDir} `)) return undefined;
  return { process: found, port: Number(port) };
}

async function launch(options: PostgresOptions): Promise<ProcessId> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    if (await isPortTaken(options.port)) {
      throw new SetupError(portTakenMessage('Postgres', options.port, 'POSTGRES_PORT'));
    }
    disownPidFile(options.dataDir);
    const { server, logOffset } = await spawnServer(options);
    const outcome = await waitUntilReady(options, server, deadline);
    if (outcome === 'ready') return server;
    const log = lastLines(options.logFile, 20, logOffset);
    // After kill -9 its backends need a moment to notice; until then the shared memory is still in use.
    if (outcome === 'ended' && log.includes('shared memory block') && Date.now() < deadline) {
      await sleep(300);
      continue;
    }
    await stopPostgres(server);
    throw new SetupError(`Postgres did not come up; the end of ${options.logFile}:\n${log}`);
  }
}

/**
 * Postgres refuses to start while the pid in the file exists: also when it went to another program since, or when the
 * killed server is a zombie that nobody reaps. With the starter's own pid there it goes on, and still checks the
 * shared memory named below it, so that two servers can never serve one folder.
 */
function disownPidFile(dataDir: string): void {
  const pidFile = join(dataDir, 'postmaster.pid');
  if (!existsSync(pidFile)) return;
  const [first, ...others] = readFileSync(pidFile, 'utf8').split('\n');
  const pid = Number(first);
  // When in doubt whose Postgres that is, the file stays as it is.
  if (identify(pid) !== undefined && commandLine(pid).includes('postgres')) return;
  writeFileSync(pidFile, [String(process.pid), ...others].join('\n'));
}

async function spawnServer(options: PostgresOptions): Promise<{ server: ProcessId; logOffset: number }> {
  const settings: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: options.forTests === true ? '300' : '200',
    shared_buffers: '256MB',
    log_min_messages: 'warning',
    log_timezone: 'UTC',
    timezone: 'UTC',
    // Prefix each line with time and process, so that an error can be told apart from its neighbours'.
    log_line_prefix: '%m [%p] ',
    ...(options.forTests === true
      ? { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off' }
      : {}),
  };
  const args = ['-D', options.dataDir, '-p', String(options.port)];
  args.push(...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]));
  const { postgres } = findBinaries();
  const {
    command,
    args: commandArgs,
    uid,
    gid,
  } = launchAs(postgresUser(options.dataDir), postgres, args, [options.dataDir]);
  const log = openLog(options.logFile);
  // Detached: Ctrl-C in the terminal must not reach it, and it may outlive a supervisor that is killed.
  const child = spawn(command, commandArgs, {
    uid,
    gid,
    env: postgresEnv(),
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
  });
  log.close();
  child.unref();
  const server = await new Promise<ProcessId>((resolve, reject) => {
    child.once('error', (error) => reject(new SetupError(`Postgres did not start: ${error.message}`)));
    child.once('spawn', () =>
      resolve(identify(child.pid ?? 0) ?? { pid: child.pid ?? 0, startedAt: 'ended' }),
    );
  });
  return { server, logOffset: log.offset };
}

async function waitUntilReady(
  options: PostgresOptions,
  server: ProcessId,
  deadline: number,
): Promise<'ready' | 'ended' | 'late'> {
  const url = clusterUrl(options.dataDir, options.port, 'postgres');
  while (Date.now() < deadline) {
    if (!isRunning(server)) return 'ended';
    if (await accepts(url)) return 'ready';
    await sleep(50);
  }
  return 'late';
}

async function accepts(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('SELECT 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function createDatabase(url: string, name: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`);
  } finally {
    await client.end();
  }
}

async function stopPostgres(server: ProcessId): Promise<void> {
  signalProcess(server, 'SIGINT');
  if (await waitForEnd(server, STOP_GRACE_MS)) return;
  await endProcess(server, 'SIGQUIT', 5_000);
}
