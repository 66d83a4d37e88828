/** The system under fire: every part a real process, on data of its own, each one killed and started again. */
import { join } from 'node:path';
import { runMigrations } from '../start/migrations.js';
import { startNodeProcess } from '../start/node-process.js';
import type { RunningPart } from '../start/part.js';
import { PROGRAMS } from '../start/parts.js';
import { startPostgres } from '../setup/postgres.js';
import { isRunning, signalProcess, waitForEnd } from '../setup/processes.js';
import { lastLines } from '../setup/service.js';
import { startTemporal } from '../setup/temporal.js';
import { freePort } from '../test-services/free-port.js';
import { registerProcess } from '../test-services/run-folder.js';
import { PARTS, type PartName } from './schedule.js';

/** Short limits, so that many bookings fit; every rule scales with them. */
const LIMITS = {
  OFFER_TIMEOUT_MS: '2500',
  SEARCH_TIMEOUT_MS: '9000',
  SEARCH_PATIENCE_MS: '2500',
  RETRY_WINDOW_MS: '10000',
};
const LOOK_EVERY_MS = 200;
const END_WITHIN_MS = 5_000;

interface Ports {
  postgres: number;
  temporal: number;
  'api-1': number;
  'api-2': number;
}

type State = 'up' | 'down' | 'frozen';

export class Plant {
  private readonly running = new Map<PartName, RunningPart>();
  private readonly states = new Map<PartName, State>();
  private readonly changing = new Map<PartName, Promise<void>>();
  private watching: NodeJS.Timeout | undefined;
  private databaseUrl = '';
  /** Parts that ended though nobody had told them to, with how. */
  readonly diedByThemselves: string[] = [];

  private constructor(
    private readonly folder: string,
    private readonly ports: Ports,
    private readonly jwtSecret: string,
  ) {}

  /** Starts everything. Throws SetupError where that is not possible; what was started is stopped then. */
  static async start(folder: string, jwtSecret: string): Promise<Plant> {
    const [postgres, temporal, first, second] = [
      await freePort(),
      await freePort(),
      await freePort(),
      await freePort(),
    ];
    const plant = new Plant(folder, { postgres, temporal, 'api-1': first, 'api-2': second }, jwtSecret);
    try {
      await Promise.all([plant.begin('postgres'), plant.begin('temporal')]);
      await runMigrations(plant.environment(), new AbortController().signal);
      await Promise.all(PARTS.filter((part) => !plant.running.has(part)).map((part) => plant.begin(part)));
      await plant.untilReady(60_000);
    } catch (error) {
      await plant.stop();
      throw error;
    }
    plant.watching = setInterval(() => plant.look(), LOOK_EVERY_MS);
    return plant;
  }

  get database(): string {
    return this.databaseUrl;
  }

  get temporalAddress(): string {
    return `127.0.0.1:${this.ports.temporal}`;
  }

  get apiPorts(): number[] {
    return [this.ports['api-1'], this.ports['api-2']];
  }

  isUp(part: PartName): boolean {
    return this.states.get(part) === 'up';
  }

  /** SIGKILL. The part stays down until `begin`. */
  async kill(part: PartName): Promise<void> {
    await this.end(part, 'SIGKILL');
  }

  /** SIGTERM, and a new start when it has ended. */
  async restart(part: PartName): Promise<void> {
    const ended = this.running.get(part);
    this.states.set(part, 'down');
    await ended?.stop();
    await this.begin(part);
  }

  freeze(part: PartName): void {
    this.states.set(part, 'frozen');
    this.signal(part, 'SIGSTOP');
  }

  thaw(part: PartName): void {
    this.signal(part, 'SIGCONT');
    if (this.states.get(part) === 'frozen') this.states.set(part, 'up');
  }

  /** Starts a part that is down. Called while it is being started, waits for that. */
  begin(part: PartName): Promise<void> {
    const known = this.changing.get(part);
    if (known !== undefined) return known;
    const starting = this.launch(part)
      .then((service) => {
        registerProcess(service.process.pid);
        this.running.set(part, service);
        this.states.set(part, 'up');
      })
      .finally(() => this.changing.delete(part));
    this.changing.set(part, starting);
    return starting;
  }

  /** Thaws and starts what is not up, and waits until every API is ready. */
  async mend(withinMs: number): Promise<void> {
    await Promise.all(
      PARTS.map((part) => {
        if (this.states.get(part) === 'frozen') this.thaw(part);
        return this.isUp(part) ? Promise.resolve() : this.begin(part);
      }),
    );
    await this.untilReady(withinMs);
  }

  /** Ends everything; what does not end is killed. */
  async stop(): Promise<void> {
    clearInterval(this.watching);
    await Promise.allSettled(this.changing.values());
    for (const part of PARTS) this.thaw(part);
    for (const part of [...PARTS].reverse()) if (part !== 'postgres') await this.running.get(part)?.stop();
    await this.running.get('postgres')?.stop();
  }

  private async end(part: PartName, signal: NodeJS.Signals): Promise<void> {
    this.states.set(part, 'down');
    this.signal(part, signal);
    const service = this.running.get(part);
    if (service !== undefined) await waitForEnd(service.process, END_WITHIN_MS);
  }

  private signal(part: PartName, signal: NodeJS.Signals): void {
    const service = this.running.get(part);
    if (service !== undefined) signalProcess(service.process, signal);
  }

  /** What died by itself is noted, and started again as a supervisor would. */
  private look(): void {
    for (const part of PARTS) {
      const service = this.running.get(part);
      if (service === undefined || !this.isUp(part) || isRunning(service.process)) continue;
      this.states.set(part, 'down');
      void this.noteDeath(part, service);
    }
  }

  private async noteDeath(part: PartName, service: RunningPart): Promise<void> {
    // The exit event comes a moment after the process has gone.
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    const ending = service.ending?.();
    const how = ending?.signal ?? `exit code ${ending?.code ?? 'unknown'}`;
    this.diedByThemselves.push(`${part} ended by ${how}; its log ends with: ${lastLines(this.log(part), 3)}`);
    await this.begin(part).catch(() => undefined);
  }

  private log(part: PartName): string {
    return join(this.folder, 'logs', `${part}.log`);
  }

  private async launch(part: PartName): Promise<RunningPart> {
    const logFile = this.log(part);
    if (part === 'postgres') {
      const service = await startPostgres({
        dataDir: join(this.folder, 'postgres'),
        port: this.ports.postgres,
        logFile,
        database: 'dispatch',
      });
      this.databaseUrl = service.address;
      return service;
    }
    if (part === 'temporal')
      return startTemporal({ dataDir: join(this.folder, 'temporal'), port: this.ports.temporal, logFile });
    const isApi = part === 'api-1' || part === 'api-2';
    return startNodeProcess({
      name: part,
      file: isApi ? PROGRAMS.api : PROGRAMS.worker,
      env: { ...this.environment(), ...(isApi ? { PORT: String(this.ports[part]) } : {}) },
      logFile,
    });
  }

  private environment(): Record<string, string | undefined> {
    const { PATH, HOME } = process.env;
    return {
      PATH,
      HOME,
      ...LIMITS,
      DATABASE_URL: this.databaseUrl,
      DATABASE_POOL_SIZE: '10',
      TEMPORAL_ADDRESS: this.temporalAddress,
      JWT_SECRET: this.jwtSecret,
      // A hundred clients of one address, all of whom say things twice.
      RATE_LIMIT: 'off',
      WORKER_METRICS_PORT: 'off',
    };
  }

  private async untilReady(withinMs: number): Promise<void> {
    const giveUpAt = performance.now() + withinMs;
    for (const port of this.apiPorts) {
      while (!(await isReady(port))) {
        if (performance.now() > giveUpAt)
          throw new Error(`the API on port ${port} was not ready within ${withinMs / 1000} s`);
        await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
      }
    }
  }
}

async function isReady(port: number): Promise<boolean> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/health/ready`, {
      signal: AbortSignal.timeout(2_000),
    });
    return answer.ok;
  } catch {
    return false;
  }
}
