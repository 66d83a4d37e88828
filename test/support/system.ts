/**
 * A whole system of one test file: a database and a Temporal namespace of its own, workers and APIs as
 * real processes of the build.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import pg from 'pg';
import { createTestDatabase, type TestDatabase } from './database.js';
import {
  startApi,
  startWorker,
  type ApiProcess,
  type Environment,
  type ProcessOptions,
  type TestProcess,
  type WorkerOptions,
} from './processes.js';
import { createNamespace, type TemporalSpace } from './temporal.js';
import { earlyInAMinute } from './waiting.js';

export interface SystemOptions {
  /** For API and worker; an undefined value unsets. */
  env?: Environment;
  apis?: number;
  workers?: number;
  /** Another Temporal than the shared one. */
  temporalAddress?: string;
  /** Another database than a new one of the shared Postgres. */
  database?: TestDatabase;
}

/** Short timers, so that a journey takes seconds; every rule scales with them. */
const QUICK: Environment = {
  OFFER_TIMEOUT_MS: '2000',
  SEARCH_TIMEOUT_MS: '6000',
  DATABASE_POOL_SIZE: '8',
};

export class System {
  readonly apis: ApiProcess[] = [];
  readonly workers: TestProcess[] = [];

  private constructor(
    readonly database: TestDatabase,
    readonly sql: pg.Pool,
    readonly temporal: TemporalSpace,
    readonly env: Environment,
  ) {}

  /** Starts everything and waits until the APIs are ready. */
  static async start(options: SystemOptions = {}): Promise<System> {
    const system = await System.prepare(options);
    await Promise.all([
      ...Array.from({ length: options.workers ?? 1 }, () => system.startWorker()),
      ...Array.from({ length: options.apis ?? 1 }, () => system.startApi()),
    ]);
    await Promise.all(system.apis.map((api) => api.waitReady()));
    return system;
  }

  /** Database and namespace only. */
  static async prepare(options: SystemOptions = {}): Promise<System> {
    const [database, temporal] = await Promise.all([
      options.database ?? createTestDatabase(),
      createNamespace(options.temporalAddress),
    ]);
    const sql = new pg.Pool({ connectionString: database.url, max: 3 });
    sql.on('error', () => undefined);
    return new System(database, sql, temporal, {
      ...QUICK,
      DATABASE_URL: database.url,
      TEMPORAL_ADDRESS: temporal.address,
      TEMPORAL_NAMESPACE: temporal.namespace,
      ...options.env,
    });
  }

  /** The address of an API. */
  url(index = 0): string {
    return this.api(index).url;
  }

  api(index = 0): ApiProcess {
    const api = this.apis[index];
    if (api === undefined) throw new Error(`there is no API ${index}`);
    return api;
  }

  worker(index = 0): TestProcess {
    const worker = this.workers[index];
    if (worker === undefined) throw new Error(`there is no worker ${index}`);
    return worker;
  }

  async startApi(env: Environment = {}, more: Partial<ProcessOptions> = {}): Promise<ApiProcess> {
    const api = await startApi({ env: { ...this.env, ...env }, ...more });
    this.apis.push(api);
    return api;
  }

  async startWorker(env: Environment = {}, more: Partial<WorkerOptions> = {}): Promise<TestProcess> {
    const worker = await startWorker({ env: { ...this.env, ...env }, ...more });
    this.workers.push(worker);
    return worker;
  }

  /** Rows of the system's database. */
  async rows<T>(sql: string, parameters: unknown[] = []): Promise<T[]> {
    return (await this.sql.query(sql, parameters)).rows as T[];
  }

  /** Limits count by the minute of Postgres' clock: a burst that would cross its end waits for the next. */
  async earlyInAMinute(): Promise<void> {
    await earlyInAMinute((sql) => this.rows(sql));
  }

  /** Ends all processes at once (how they stop is a test of its own), and drops the database. */
  async stop(): Promise<void> {
    await Promise.all([...this.apis, ...this.workers].map((one) => one.kill9()));
    this.keepLogs();
    await this.sql.end();
    await this.temporal.close();
    await this.database.drop();
  }

  /** With TEST_LOGS=<folder> what the processes wrote is kept there, to look into a failure. */
  private keepLogs(): void {
    const folder = process.env['TEST_LOGS'];
    if (folder === undefined) return;
    mkdirSync(folder, { recursive: true });
    const name = basename(expect.getState().testPath ?? 'test', '.test.ts');
    for (const child of [...this.apis, ...this.workers])
      writeFileSync(join(folder, `${name}-${child.pid}.log`), child.logs());
  }
}
