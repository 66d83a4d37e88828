// Starts the parts in order, keeps them running, and stops them in the opposite order.
import { statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { runningPostgres } from '../setup/postgres.js';
import { signalProcess } from '../setup/processes.js';
import { SetupError } from '../setup/service.js';
import { runningTemporal } from '../setup/temporal.js';
import { banner } from './banner.js';
import { childEnvironment } from './child-environment.js';
import { LogFollower } from './log-lines.js';
import { runMigrations } from './migrations.js';
import { waitForPostgres, waitForTemporal } from './outside.js';
import { type Ending, Part, type RunningPart } from './part.js';
import {
  type PartName,
  launchPostgres,
  launchProgram,
  launchTemporal,
  logFile,
  postgresDir,
  temporalDir,
} from './parts.js';
import { checkPorts } from './ports-free.js';
import { logEnd, waitUntilReady } from './ready.js';
import { RunRecord } from './run-record.js';
import type { Environment, Settings } from './settings.js';
import { say } from './terminal.js';

/** The order of a stop: nobody loses what it stands on. */
const STOP_ORDER: PartName[] = ['api', 'worker', 'temporal', 'postgres'];

/** The API needs about a second to look at its environment. */
const GATHER_MS = 1_500;

/** The whole system on this machine. */
export class Supervisor {
  private readonly parts = new Map<PartName, Part>();
  private readonly followers: LogFollower[] = [];
  private readonly record: RunRecord;
  private readonly aborter = new AbortController();
  private env: Environment = {};
  private starting: Promise<void> = Promise.resolve();
  private isReady = false;
  private readonly gaveUp: string[] = [];
  private readonly logFrom: Record<string, number> = {};

  constructor(
    private readonly settings: Settings,
    private readonly showLogs: boolean,
  ) {
    this.record = new RunRecord(settings.dataDir);
  }

  /** The environment of the API and the worker; complete once all has started. */
  get childEnv(): Environment {
    return this.env;
  }

  /** Whether anything was started so far. */
  get hasParts(): boolean {
    return this.parts.size > 0;
  }

  /** A part that has been started. */
  part(name: PartName): Part | undefined {
    return this.parts.get(name);
  }

  /**
   * Starts everything; resolves when the API is ready.
   * @throws SetupError when a part does not come up, AbortError when stopped meanwhile
   */
  start(): Promise<void> {
    const begun = this.startAll();
    // Kept apart, so that a stop can wait for the step under way whatever becomes of it.
    this.starting = begun.catch(() => undefined);
    return begun;
  }

  /** Stops everything in order, also in the middle of a start. */
  async stop(): Promise<void> {
    this.aborter.abort();
    await this.starting;
    for (const name of STOP_ORDER) {
      const part = this.parts.get(name);
      if (part === undefined) continue;
      const from = Date.now();
      await part.stop();
      say(name, `stopped (${seconds(from)} s)`);
    }
    this.record.clear();
    for (const follower of this.followers) follower.close();
  }

  /** Kills everything at once, also what is still coming up. */
  kill(): void {
    for (const part of this.parts.values()) part.kill();
    const { settings } = this;
    const postgres = settings.databaseUrl === undefined ? runningPostgres(postgresDir(settings)) : undefined;
    const temporal =
      settings.temporalAddress === undefined
        ? runningTemporal(temporalDir(settings), settings.temporalPort)
        : undefined;
    if (postgres !== undefined) signalProcess(postgres.process, 'SIGQUIT');
    if (temporal !== undefined) signalProcess(temporal.process, 'SIGKILL');
  }

  private async startAll(): Promise<void> {
    const from = Date.now();
    const { settings } = this;
    const { signal } = this.aborter;
    await this.record.stopLeftovers();
    await checkPorts(settings, signal);
    signal.throwIfAborted();
    const databaseUrl =
      settings.databaseUrl ?? (await this.begin('postgres', () => launchPostgres(settings))).address;
    if (settings.databaseUrl !== undefined) await waitForPostgres(databaseUrl, signal);
    this.env = childEnvironment(settings, databaseUrl, undefined);
    const migrated = await runMigrations(this.env, signal);
    say('tables', migrated);
    if (settings.temporalAddress === undefined) {
      const { address } = await this.begin('temporal', () => launchTemporal(settings, signal));
      this.env = childEnvironment(settings, databaseUrl, address);
    } else await waitForTemporal(settings, signal);
    await Promise.race([this.startPrograms(), waitUntilReady(settings, this.logFrom, signal)]);
    this.isReady = true;
    process.stdout.write(banner(settings, databaseUrl, this.env['TEMPORAL_UI_URL'], seconds(from)));
  }

  /** Starts worker and API, and keeps an eye on them until all is ready. @throws when one gives up before */
  private async startPrograms(): Promise<void> {
    for (const name of ['worker', 'api'] as const) {
      await this.begin(name, () => launchProgram(this.settings, name, this.env));
    }
    while (!this.isReady && this.gaveUp.length === 0)
      await sleep(100, undefined, { signal: this.aborter.signal });
    if (this.isReady) return;
    // A bad variable stops both, each with complaints of its own: show them together.
    await sleep(GATHER_MS, undefined, { signal: this.aborter.signal });
    throw new SetupError(this.gaveUp.join('\n'));
  }

  /**
   * A program that gives up by itself before all was ready has a reason, and another try would find the same.
   * @returns whether to start it again
   */
  private onDeath(name: PartName, ending: Ending | undefined): boolean {
    if (this.isReady || (ending?.code ?? 0) === 0) return true;
    this.gaveUp.push(
      `${name} gave up with exit code ${ending?.code}. ${logEnd(this.settings, name, this.logFrom[name])}`,
    );
    return false;
  }

  private async begin(name: PartName, launch: () => Promise<RunningPart>): Promise<RunningPart> {
    this.aborter.signal.throwIfAborted();
    const from = Date.now();
    const part = new Part({
      name,
      launch,
      onStart: (service) => this.record.note(name, service.process),
      onDeath: (ending) => this.onDeath(name, ending),
    });
    const file = logFile(this.settings, name);
    this.logFrom[name] = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    this.followers.push(new LogFollower(name, file, this.showLogs));
    this.parts.set(name, part);
    const service = await part.start();
    const how = service.reused ? 'still running' : 'started';
    say(
      name,
      `${how}${service.address === '' ? '' : ` on port ${portOf(service.address)}`} (pid ${service.process.pid}, ${seconds(from)} s)`,
    );
    return service;
  }
}

function portOf(address: string): string {
  return /:(\d+)(\/|$)/.exec(address)?.[1] ?? '?';
}

function seconds(from: number): string {
  return ((Date.now() - from) / 1000).toFixed(1);
}
