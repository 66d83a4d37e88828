// One part of the system under supervision: started, watched, started again when it dies, stopped.
import { setTimeout as sleep } from 'node:timers/promises';
import { isRunning } from '../setup/processes.js';
import type { Service } from '../setup/service.js';
import { say } from './terminal.js';

const LOOK_EVERY_MS = 100;
/** A part that dies at once must not keep the machine busy; one that died once should be back at once. */
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5_000;
/** A part that lived this long is not in a crash loop: its next death counts as the first. */
const SETTLED_MS = 20_000;

/** How a process ended, where that is known. */
export interface Ending {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A service that may know how it ended. */
export interface RunningPart extends Service {
  ending?(): Ending | undefined;
}

export interface PartOptions {
  name: string;
  /** Starts it; resolves when it runs, for Postgres and Temporal when they answer. */
  launch: () => Promise<RunningPart>;
  /** Called after every start. */
  onStart?: (service: RunningPart) => void;
  /** Called when it ended by itself; false says that another try would be in vain. */
  onDeath?: (ending: Ending | undefined) => boolean;
}

/** A part of the system. */
export class Part {
  private service: RunningPart | undefined;
  private wanted = false;
  private startedAt = 0;
  private pauseMs = FIRST_PAUSE_MS;
  private watching: Promise<void> = Promise.resolve();

  constructor(private readonly options: PartOptions) {}

  get name(): string {
    return this.options.name;
  }

  /** The running service; undefined before the start and while it is down. */
  get running(): RunningPart | undefined {
    return this.service;
  }

  /** Starts it and watches over it from now on. @throws what the first launch throws */
  async start(): Promise<RunningPart> {
    this.wanted = true;
    const service = await this.launch();
    this.watching = this.watch();
    return service;
  }

  /** Ends it in good order and starts it anew, for new code. */
  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /** Ends it in good order; resolves when it is gone. */
  async stop(): Promise<void> {
    this.wanted = false;
    await this.service?.stop();
    await this.watching;
    // A start that was under way while we stopped.
    await this.service?.stop();
    this.service = undefined;
  }

  /** Ends it now. */
  kill(): void {
    this.wanted = false;
    this.service?.kill();
  }

  private async launch(): Promise<RunningPart> {
    this.startedAt = Date.now();
    this.service = await this.options.launch();
    this.options.onStart?.(this.service);
    return this.service;
  }

  private async watch(): Promise<void> {
    while (this.wanted) {
      if (this.service !== undefined && isRunning(this.service.process)) {
        await sleep(LOOK_EVERY_MS);
        continue;
      }
      await this.bringBack();
    }
  }

  private async bringBack(): Promise<void> {
    if (this.service !== undefined) await this.noteDeath(this.service);
    this.service = undefined;
    if (!this.wanted) return;
    const until = Date.now() + this.pauseMs;
    // In small steps, so that a stop need not wait for the end of the pause.
    while (this.wanted && Date.now() < until) await sleep(Math.min(LOOK_EVERY_MS, until - Date.now()));
    this.pauseMs = Math.min(this.pauseMs * 2, LONGEST_PAUSE_MS);
    if (!this.wanted) return;
    try {
      const { process } = await this.launch();
      if (this.wanted) say(this.name, `started again (pid ${process.pid})`, 'green');
    } catch (error) {
      say(
        this.name,
        `could not be started again: ${error instanceof Error ? error.message : String(error)}`,
        'red',
      );
    }
  }

  private async noteDeath(service: RunningPart): Promise<void> {
    // The exit event comes a moment after the process has gone.
    await sleep(20);
    if (!this.wanted) return;
    if (Date.now() - this.startedAt > SETTLED_MS) this.pauseMs = FIRST_PAUSE_MS;
    const ending = service.ending?.();
    this.wanted = this.options.onDeath?.(ending) ?? true;
    if (!this.wanted) return;
    const how = ending === undefined ? '' : ` by ${ending.signal ?? `exit code ${ending.code}`}`;
    say(this.name, `died${how}; starting it again`, 'red');
  }
}
