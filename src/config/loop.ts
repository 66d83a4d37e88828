import type { Logger } from 'pino';
import { databaseIsAway } from '../http/database-away.js';

/**
 * Does one after the other, whatever becomes of those before; throws the first error at the end. A database that is away
 * ends it at once: the others would only wait for it as well.
 */
export async function eachInTurn(works: readonly (() => Promise<unknown>)[]): Promise<void> {
  const errors: unknown[] = [];
  for (const work of works)
    await work().catch((error: unknown) => {
      if (databaseIsAway(error)) throw error;
      errors.push(error);
    });
  if (errors.length > 0) throw errors[0];
}

/** Runs `work` again and again, `pauseMs` after it ended; an error is logged and the loop goes on. */
export class Loop {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private stopped = true;

  constructor(
    private readonly name: string,
    private readonly pauseMs: number,
    private readonly logger: Logger,
    private readonly work: () => Promise<void>,
  ) {}

  start(): void {
    this.stopped = false;
    this.schedule();
  }

  /** Ends the loop and waits for the round that is under way. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  private schedule(): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.running = this.round().finally(() => this.schedule());
    }, this.pauseMs);
  }

  private async round(): Promise<void> {
    try {
      await this.work();
    } catch (error) {
      if (this.stopped) return;
      const err = error instanceof Error ? error.message : String(error);
      this.logger[databaseIsAway(error) ? 'debug' : 'warn']({ loop: this.name, err }, 'a round failed');
    }
  }
}
