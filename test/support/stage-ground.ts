/** What the stages of the workflow tests stand on, and the SDK's one runtime. */
import { join } from 'node:path';
import { DefaultLogger, Runtime, type LogEntry } from '@temporalio/worker';
import type { DataSource } from 'typeorm';

/** A Temporal, a database, and how the two agree on the time. */
export interface Ground {
  address: string;
  namespace: string;
  source: DataSource;
  /** Makes Postgres tell Temporal's time; called before everything that is judged by it. */
  sync: () => Promise<void>;
  now: () => Promise<number>;
  advanceTo: (epochMs: number) => Promise<void>;
  close: () => Promise<void>;
}

/** Canaries: what a customer or pilot may be called must be found in no history. */
export const CANARY = {
  user: 'Wilhelmina Canary-Customer',
  userPhone: '+4915550009001',
  pilot: 'Percival Canary-Pilot',
  pilotPhone: '+4915550009002',
  pickup: 'Canary Street 11, Back Door',
  dropoff: 'Canary Square 22, Bell 7',
  note: 'Canary note: the dog bites',
  parcel: 'Canary parcel: a violin',
} as const;

/** The bundle that all tests run; made once, by the build. */
export function bundlePath(): string {
  return process.env['TEST_WORKFLOW_BUNDLE'] ?? join(process.cwd(), 'dist/workflow-bundle.js');
}

/** The payload converter of every worker. */
export function converterPath(): string {
  return join(process.cwd(), 'dist/workflows/tolerant-payload-converter.js');
}

/** What workers and workflows of this process have warned of. */
export const warnings: LogEntry[] = [];
let runtimeInstalled = false;

/** Installs the SDK's one runtime, which keeps warnings to itself. Called before anything else of the SDK. */
export function installQuietRuntime(): void {
  if (runtimeInstalled) return;
  runtimeInstalled = true;
  Runtime.install({
    logger: new DefaultLogger('WARN', (entry) => void warnings.push(entry)),
    shutdownSignals: [],
    telemetryOptions: { logging: { filter: 'ERROR', forward: {} } },
  });
}
