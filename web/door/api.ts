/** The REST door: what any stranger's client may call, and nothing else. */
import type { Problem } from '../../contract/shapes.js';

export interface CallOptions {
  body?: object;
  query?: Record<string, string | number | undefined>;
  headers?: Record<string, string>;
  /**
   * How often it is tried again when there is no answer, or 429 or 503. Every call of the contract may be made
   * twice, `POST /bookings` with its `Idempotency-Key`; 0 unless told.
   */
  again?: number;
  /** Gives the call up. */
  signal?: AbortSignal;
}

/** The system said no, or nothing. `status` 0 is: no answer. */
export class Refusal extends Error {
  override readonly name = 'Refusal';

  constructor(
    readonly status: number,
    message: string,
    readonly code: string | null = null,
    /** What was wrong with which field. */
    readonly fields: readonly { field: string; message: string }[] = [],
    /** When to try again, milliseconds from now. */
    readonly retryAfterMs: number = 500,
  ) {
    super(message);
  }

  /** True when the same call may succeed a moment later. */
  get passing(): boolean {
    return this.status === 0 || this.status === 429 || this.status === 503;
  }
}

// A phone on a bad line gets its answer within this or better tries again.
const ANSWER_WITHIN_MS = 10_000;

/** One caller with a token that may be renewed. */
export class Api {
  constructor(
    private readonly token: () => string | null,
    /** Called when the token is no longer good; answers whether there is a new one. */
    private readonly renew: () => Promise<boolean> = () => Promise.resolve(false),
  ) {}

  get<T>(path: string, query: CallOptions['query'] = {}): Promise<T> {
    return this.call<T>('GET', path, { query, again: 2 });
  }

  post<T>(path: string, body: object = {}, options: CallOptions = {}): Promise<T> {
    return this.call<T>('POST', path, { ...options, body });
  }

  put<T>(path: string, body: object, options: CallOptions = {}): Promise<T> {
    return this.call<T>('PUT', path, { ...options, body });
  }

  /** Calls and answers the body; undefined for 204. Throws Refusal. */
  async call<T>(method: string, path: string, options: CallOptions = {}): Promise<T> {
    let renewed = false;
    for (let left = options.again ?? 0; ; left -= 1) {
      try {
        return await this.once<T>(method, path, options);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        if (error.status === 401 && !renewed && (await this.renew())) {
          renewed = true;
          continue;
        }
        if (!error.passing || left <= 0) throw error;
        await new Promise((resolve) => setTimeout(resolve, error.retryAfterMs));
      }
    }
  }

  private async once<T>(method: string, path: string, options: CallOptions): Promise<T> {
    const token = this.token();
    const response = await reach(path + queryText(options.query), {
      method,
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...options.headers,
      },
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
      signal: endOf(options.signal),
    });
    if (response.status === 204) return undefined as T;
    const answer: unknown = await response.json().catch(() => null);
    if (!response.ok) throw refusalOf(response, answer as Partial<Problem> | null);
    return answer as T;
  }
}

function endOf(givenUp?: AbortSignal): AbortSignal {
  const late = AbortSignal.timeout(ANSWER_WITHIN_MS);
  return givenUp === undefined ? late : AbortSignal.any([late, givenUp]);
}

async function reach(path: string, request: RequestInit): Promise<Response> {
  try {
    return await fetch(path, request);
  } catch {
    throw new Refusal(0, 'No connection to the server.');
  }
}

function refusalOf(response: Response, problem: Partial<Problem> | null): Refusal {
  const seconds = Number(response.headers.get('retry-after') ?? NaN);
  return new Refusal(
    response.status,
    problem?.detail ?? problem?.title ?? `The server answered ${response.status}.`,
    problem?.code ?? null,
    problem?.errors ?? [],
    Number.isFinite(seconds) ? seconds * 1000 : undefined,
  );
}

function queryText(query: CallOptions['query'] = {}): string {
  const set = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
  return set.length === 0
    ? ''
    : `?${new URLSearchParams(set.map(([key, value]) => [key, String(value)])).toString()}`;
}

/** What to tell a person about an error that was caught. */
export function wordsOf(error: unknown): string {
  if (error instanceof Refusal && error.fields.length > 0)
    return error.fields.map(({ field, message }) => `${field}: ${message}`).join('; ');
  return error instanceof Error ? error.message : String(error);
}
