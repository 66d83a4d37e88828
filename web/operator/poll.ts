/** Asks for one thing again and again: never two at once, and never an old answer over a newer one. */
export interface PollOptions<T> {
  ask: (signal: AbortSignal) => Promise<T>;
  take: (answer: T) => void;
  /** It went wrong; the next try comes by itself, after `laterMs` at the earliest. */
  failed: (error: unknown) => void;
  /** How long to leave the server alone after this error. */
  laterMs?: (error: unknown) => number;
  visible: () => boolean;
  /** From the beginning of one request to that of the next. */
  everyMs: number;
  /** The same at least, however often `soon` is called. */
  gapMs: number;
}

export class Poll<T> {
  private timer: ReturnType<typeof setTimeout> | null = null;
  private dueAt = Infinity;
  private begunAt = -Infinity;
  private notBefore = 0;
  private running: AbortController | null = null;
  private again = false;
  private stopped = false;

  constructor(private readonly options: PollOptions<T>) {}

  /** Asks as soon as the gap allows; after what runs, when something runs. */
  soon(): void {
    if (this.running !== null) this.again = true;
    else this.plan(Math.max(this.begunAt + this.options.gapMs, this.notBefore));
  }

  /** Asks at once; what runs is given up, for its answer is of before. */
  anew(): void {
    this.running?.abort();
    this.running = null;
    this.plan(0);
  }

  /** For good. */
  stop(): void {
    this.stopped = true;
    this.running?.abort();
    this.running = null;
    if (this.timer !== null) clearTimeout(this.timer);
  }

  private plan(at: number): void {
    if (this.stopped || (this.timer !== null && this.dueAt <= at)) return;
    if (this.timer !== null) clearTimeout(this.timer);
    this.dueAt = at;
    this.timer = setTimeout(
      () => {
        this.timer = null;
        void this.run();
      },
      Math.max(0, at - Date.now()),
    );
  }

  private async run(): Promise<void> {
    if (this.running !== null || this.stopped) return;
    const { everyMs, gapMs } = this.options;
    this.begunAt = Date.now();
    if (this.options.visible()) await this.once();
    if (this.running !== null) return;
    this.plan(Math.max(this.begunAt + (this.again ? gapMs : everyMs), this.notBefore));
  }

  private async once(): Promise<void> {
    const mine = new AbortController();
    this.running = mine;
    this.again = false;
    try {
      const answer = await this.options.ask(mine.signal);
      if (this.running === mine) this.options.take(answer);
    } catch (error) {
      if (this.running !== mine) return;
      this.notBefore = Date.now() + (this.options.laterMs?.(error) ?? 0);
      this.options.failed(error);
    } finally {
      if (this.running === mine) this.running = null;
    }
  }
}
