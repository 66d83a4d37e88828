/** What all contenders stand on: one Postgres, one Temporal and one Redis of this run, all of them durable. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import pg from 'pg';
import { fromRoot } from '../tools/setup/paths.js';
import { startPostgres } from '../tools/setup/postgres.js';
import { findRedis } from '../tools/setup/redis.js';
import type { Service } from '../tools/setup/service.js';
import { startTemporal } from '../tools/setup/temporal.js';
import { freePort } from '../tools/test-services/free-port.js';
import { NodeChild, runToEnd } from './node-child.js';

export type Environment = Record<string, string>;

const NAMESPACE_KEEPS_SECONDS = 86_400;
const NAMESPACE_WITHIN_MS = 30_000;

export class Ground {
  readonly jwtSecret = randomBytes(24).toString('hex');
  private readonly children = new Set<NodeChild>();
  private databases = 0;
  private namespaces = 0;
  private redisPort: number | undefined;
  private closing: Promise<void> | undefined;

  private constructor(
    readonly folder: string,
    private readonly postgres: Service,
    private readonly temporal: Service,
    private readonly say: (line: string) => void,
  ) {}

  static async open(say: (line: string) => void): Promise<Ground> {
    const folder = mkdtempSync(join(tmpdir(), 'pilot-dispatch-bench-'));
    // Postgres, started by root, runs as another user and has to get in.
    chmodSync(folder, 0o755);
    const [postgres, temporal] = await Promise.all([
      startPostgres({
        dataDir: join(folder, 'postgres'),
        port: await freePort(),
        logFile: join(folder, 'postgres.log'),
        database: 'postgres',
        report: say,
      }),
      startTemporal({
        dataDir: join(folder, 'temporal'),
        port: await freePort(),
        logFile: join(folder, 'temporal.log'),
        report: say,
      }),
    ]);
    return new Ground(folder, postgres, temporal, say);
  }

  get temporalAddress(): string {
    return this.temporal.address;
  }

  /** The main process of Postgres and of Temporal: what they use is measured. */
  get pids(): { postgres: number; temporal: number } {
    return { postgres: this.postgres.process.pid, temporal: this.temporal.process.pid };
  }

  /** A new namespace: workflows that another group of figures left open are no work of this one's worker. */
  async namespace(): Promise<string> {
    this.namespaces += 1;
    const namespace = `bench-${this.namespaces}`;
    const connection = await Connection.connect({ address: this.temporalAddress });
    await connection.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: { seconds: NAMESPACE_KEEPS_SECONDS as never },
    });
    // Temporal itself reads its list of namespaces anew only every few seconds.
    const giveUpAt = performance.now() + NAMESPACE_WITHIN_MS;
    while (!(await knows(connection, namespace))) {
      if (performance.now() > giveUpAt) throw new Error(`Temporal does not know namespace ${namespace}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    await connection.close();
    return namespace;
  }

  /** A new database with all tables; answers its address. */
  async database(): Promise<string> {
    this.databases += 1;
    const name = `bench_${this.databases}`;
    const server = new URL(this.postgres.address);
    const client = new pg.Client({ connectionString: server.href });
    await client.connect();
    await client.query(`CREATE DATABASE ${name}`);
    await client.end();
    server.pathname = `/${name}`;
    await runToEnd(fromRoot('dist/database/migrate.js'), { DATABASE_URL: server.href });
    return server.href;
  }

  /** A Redis with an append-only file, flushed each second, as BullMQ's manual recommends; its address. */
  async redis(): Promise<string> {
    if (this.redisPort === undefined) {
      const command = await findRedis(this.say);
      this.redisPort = await freePort();
      const args = ['--port', String(this.redisPort), '--bind', '127.0.0.1', '--dir', this.folder];
      args.push('--appendonly', 'yes', '--appendfsync', 'everysec', '--save', '');
      const child = new NodeChild(spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] }), 'redis');
      this.children.add(child);
      await child.says('Ready to accept connections');
    }
    return `redis://127.0.0.1:${this.redisPort}`;
  }

  /** Starts a compiled file with an environment; resolves when it has said `ready`. */
  async start(file: string, env: Environment, ready: string): Promise<NodeChild> {
    const child = NodeChild.start(fromRoot(file), env);
    this.children.add(child);
    await child.says(ready);
    return child;
  }

  /** Ends a child in good order. */
  async end(child: NodeChild): Promise<void> {
    await child.stop();
    this.children.delete(child);
  }

  /** Ends everything and removes all data. */
  close(): Promise<void> {
    // A second call, of a group that fails because its ground is gone, waits for the first.
    this.closing ??= this.closeAll();
    return this.closing;
  }

  private async closeAll(): Promise<void> {
    await Promise.all([...this.children].map((child) => child.stop()));
    await Promise.all([this.postgres.stop(), this.temporal.stop()]);
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

async function knows(connection: Connection, namespace: string): Promise<boolean> {
  try {
    await connection.workflowService.listOpenWorkflowExecutions({ namespace, maximumPageSize: 1 });
    return true;
  } catch {
    return false;
  }
}
