/** The REST door, as any stranger's client uses it: patient with 429, 503 and a network that fails. */

/** What the system was asked and how often it put us off; shared by all clients of a run. */
export interface Traffic {
  requests: number;
  /** Answered 429. */
  limited: number;
  /** Answered 5xx. */
  failed: number;
  /** No answer at all. */
  unreachable: number;
}

export function newTraffic(): Traffic {
  return { requests: 0, limited: 0, failed: 0, unreachable: 0 };
}

/** The system refused, or did not answer in time. `status` is null without an answer. */
export class CallError extends Error {
  override readonly name = 'CallError';

  constructor(
    readonly call: string,
    readonly status: number | null,
    readonly code: string | null,
    detail: string,
  ) {
    super(`${call}: ${status ?? 'no answer'} ${code ?? ''} ${detail}`.replaceAll(/\s+/g, ' ').trim());
  }
}

export interface CallOptions {
  body?: object;
  headers?: Record<string, string>;
  /** Gives up when it aborts. */
  signal?: AbortSignal;
  /** How long 429, 5xx and silence are borne, milliseconds; a minute unless told. */
  patienceMs?: number;
}

/** What came of one try. */
export type Outcome<T> = { answer: T } | { error: CallError; pauseMs: number };

const REQUEST_TIMEOUT_MS = 15_000;
const PATIENCE_MS = 60_000;
/** Between tries when the answer named no time. */
const PAUSE_MS = 500;

/** One caller of the API. Every call here may be repeated: it changes nothing the second time. */
export class Api {
  constructor(
    protected readonly baseUrl: string,
    protected readonly traffic: Traffic,
    private readonly token: string | null = null,
  ) {}

  /** The same door with a token. */
  as(token: string): Api {
    return new Api(this.baseUrl, this.traffic, token);
  }

  /**
   * Calls until the system answers for good. Throws CallError for an answer of 4xx (but 429), and when
   * nothing but 429, 5xx or silence came for too long.
   */
  async call<T>(method: 'GET' | 'POST' | 'PUT', path: string, options: CallOptions = {}): Promise<T> {
    const giveUpAt = performance.now() + (options.patienceMs ?? PATIENCE_MS);
    for (;;) {
      const outcome = await this.once<T>(method, path, options);
      if ('answer' in outcome) return outcome.answer;
      const over = performance.now() + outcome.pauseMs > giveUpAt || options.signal?.aborted === true;
      if (outcome.pauseMs === Infinity || over) throw outcome.error;
      await new Promise((resolve) => setTimeout(resolve, outcome.pauseMs));
    }
  }

  /** One try; with an error, how long to wait before another, without end where that is in vain. */
  protected async once<T>(
    method: string,
    path: string,
    { body, headers, signal }: CallOptions,
  ): Promise<Outcome<T>> {
    this.traffic.requests += 1;
    const call = `${method} ${path}`;
    try {
      const timeout = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
      const response = await fetch(this.baseUrl + path, {
        method,
        headers: {
          ...(this.token === null ? {} : { authorization: `Bearer ${this.token}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: signal === undefined ? timeout : AbortSignal.any([timeout, signal]),
      });
      const text = await response.text();
      if (response.ok) return { answer: (text === '' ? null : JSON.parse(text)) as T };
      return { error: problemOf(call, response.status, text), pauseMs: this.pauseAfter(response) };
    } catch (error) {
      this.traffic.unreachable += 1;
      return { error: new CallError(call, null, null, reasonOf(error)), pauseMs: PAUSE_MS };
    }
  }

  /** How long to wait before it is worth another try; without end when it is not. */
  private pauseAfter(response: Response): number {
    if (response.status === 429) this.traffic.limited += 1;
    else if (response.status >= 500) this.traffic.failed += 1;
    else return Infinity;
    const seconds = Number(response.headers.get('retry-after') ?? NaN);
    return Number.isFinite(seconds) && seconds >= 0 ? Math.max(50, seconds * 1000) : PAUSE_MS;
  }
}

function problemOf(call: string, status: number, text: string): CallError {
  try {
    const { code, detail, title } = JSON.parse(text) as { code?: string; detail?: string; title?: string };
    return new CallError(call, status, code ?? null, detail ?? title ?? '');
  } catch {
    return new CallError(call, status, null, text.slice(0, 200));
  }
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message || cause.name : String(cause);
}
