/** The REST door of a client that says everything twice, and that remembers every answer it was given. */
import { Api, type CallOptions, type Outcome, type Traffic } from '../simulate/api.js';
import { between, type Random } from '../simulate/random.js';

/** All that came of one thing that a client asked for, over all its tries and repeats. */
export interface Answered {
  /**
   * What was asked: `accept <offer>`, `decline <offer>`, `cancel <booking>`, `retry <booking>`,
   * `release <booking>`, `book <key>`, `<STATUS> <booking>`.
   */
  ask: string;
  /** Answered 2xx, so often. */
  done: number;
  /** Answered 4xx, so often. */
  refused: number;
  /** No answer, or 5xx: it may have happened or not. */
  unsure: number;
  /** Ids of the bookings in the answers, each once. */
  bookingIds: string[];
}

/** The answers of a whole run, and what is to happen with an answer that says yes. */
export class Answers {
  private readonly byAsk = new Map<string, Answered>();
  /** Answers of 5xx other than 503, in words. */
  readonly serverErrors: string[] = [];
  /** Calls that were made twice. */
  repeated = 0;
  private underWay = 0;

  constructor(private readonly onDone: (ask: string, bookingId: string | null) => void = () => undefined) {}

  get all(): Answered[] {
    return [...this.byAsk.values()];
  }

  /** Repeats that are still on their way. */
  get pending(): number {
    return this.underWay;
  }

  note(ask: string, outcome: Outcome<unknown>): void {
    const known = this.byAsk.get(ask) ?? { ask, done: 0, refused: 0, unsure: 0, bookingIds: [] };
    this.byAsk.set(ask, known);
    if ('error' in outcome) {
      const { status } = outcome.error;
      if (status !== null && status < 500 && status !== 429) known.refused += 1;
      else known.unsure += 1;
      return;
    }
    known.done += 1;
    const bookingId = bookingIdIn(outcome.answer);
    if (bookingId !== null && !known.bookingIds.includes(bookingId)) known.bookingIds.push(bookingId);
    this.onDone(ask, bookingId);
  }

  /** Counts a repeat until it has ended; what it was answered has been noted by then. */
  repeat(call: Promise<unknown>): void {
    this.repeated += 1;
    this.underWay += 1;
    const ended = (): void => void (this.underWay -= 1);
    call.then(ended, ended);
  }
}

/** This share of what clients ask is asked twice, the second time up to so much later. */
const REPEATED_SHARE = 0.35;
const REPEATED_WITHIN_MS = 1_500;
/** Longer than any trouble that the harness makes: whoever gives up before would leave a booking behind. */
const PATIENCE_MS = 300_000;

export class WatchedApi extends Api {
  constructor(
    baseUrl: string,
    traffic: Traffic,
    private readonly answers: Answers,
    private readonly random: Random,
    token: string | null = null,
  ) {
    super(baseUrl, traffic, token);
  }

  override as(token: string): WatchedApi {
    return new WatchedApi(this.baseUrl, this.traffic, this.answers, this.random, token);
  }

  override call<T>(method: 'GET' | 'POST' | 'PUT', path: string, options: CallOptions = {}): Promise<T> {
    const patient = { patienceMs: PATIENCE_MS, ...options };
    if (askOf(method, path, options) !== null && this.random() < REPEATED_SHARE)
      this.answers.repeat(this.again(method, path, patient));
    return super.call<T>(method, path, patient);
  }

  private async again(method: 'GET' | 'POST' | 'PUT', path: string, options: CallOptions): Promise<void> {
    const laterMs = this.random() < 0.3 ? 0 : between(this.random, 0, REPEATED_WITHIN_MS);
    await new Promise((resolve) => setTimeout(resolve, laterMs));
    await super.call(method, path, options);
  }

  protected override async once<T>(method: string, path: string, options: CallOptions): Promise<Outcome<T>> {
    const outcome = await super.once<T>(method, path, options);
    const status = 'error' in outcome ? (outcome.error.status ?? 0) : 200;
    if (status >= 500 && status !== 503) this.answers.serverErrors.push(`${method} ${path}: ${status}`);
    const ask = askOf(method, path, options);
    if (ask !== null) this.answers.note(ask, outcome);
    return outcome;
  }
}

/** What a call asks for, in a few words; null for what changes nothing that is judged. */
export function askOf(method: string, path: string, { headers, body }: CallOptions): string | null {
  if (method !== 'POST') return null;
  if (path === '/bookings') return `book ${headers?.['idempotency-key'] ?? ''}`;
  const [, of, id, what] = path.split('/');
  if (of === 'offers') return `${what} ${id}`;
  if (of === 'bookings') return `${what === 'retry-assignment' ? 'retry' : what} ${id}`;
  if (of === 'jobs' && what === 'release') return `release ${id}`;
  if (of === 'jobs' && what === 'status') return `${String((body as { status?: unknown }).status)} ${id}`;
  return null;
}

function bookingIdIn(answer: unknown): string | null {
  if (typeof answer !== 'object' || answer === null) return null;
  const { booking = answer } = answer as { booking?: unknown };
  const { id } = booking as { id?: unknown };
  return typeof id === 'string' ? id : null;
}
