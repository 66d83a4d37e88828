/** Traces, where the standard OTEL_* variables switch them on; where they do not, nothing is loaded. */
import type { Logger } from 'pino';
import type { Environment } from '../config/environment.js';

/** What a span is about: ids and names, never a person's. */
export type Attributes = Record<string, string | number | boolean | undefined>;
export type SpanRole = 'server' | 'client' | 'producer' | 'consumer' | 'internal';

export interface SpanChoice {
  role?: SpanRole;
  /** W3C traceparent of the span that this one belongs under; else the span around it, if any. */
  parent?: string | undefined;
  attributes?: Attributes;
}

/** A span under way. */
export interface OpenSpan {
  rename(name: string): void;
  set(attributes: Attributes): void;
  fail(): void;
  end(): void;
}

/** A span that is over and whose id was made elsewhere: in a workflow. */
export interface RemoteSpan {
  name: string;
  parent: string;
  /** The span's own traceparent; its id is kept. Absent: the id is made here. */
  own?: string;
  /** Another trace that it has to do with. */
  link?: string;
  /** Milliseconds since 1970. */
  at: number;
  attributes: Attributes;
}

export interface Tracing {
  /** Runs `work` within a span; it ends with the work, and is marked as failed when that throws. */
  within<T>(name: string, choice: SpanChoice, work: () => Promise<T>): Promise<T>;
  /** Opens a span around everything that `work` begins; whoever asked ends it. */
  open(name: string, choice: SpanChoice, work: (span: OpenSpan) => void): void;
  record(span: RemoteSpan): void;
  /** W3C traceparent of the span around the caller; undefined outside of any. */
  current(): string | undefined;
  /** For the log: the ids of the span around the caller. */
  ids(): { traceId: string; spanId: string } | undefined;
  /** Sends what is left. */
  stop(): Promise<void>;
}

const ENDPOINTS = ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'OTEL_EXPORTER_OTLP_ENDPOINT'];

/** Do the standard variables ask for traces? */
export function tracingIsWanted(environment: Environment): boolean {
  if (environment['OTEL_SDK_DISABLED']?.toLowerCase() === 'true') return false;
  if (environment['OTEL_TRACES_EXPORTER'] === 'none') return false;
  return ENDPOINTS.some((name) => (environment[name] ?? '') !== '');
}

/**
 * Starts tracing for this process, if it is wanted.
 *
 * @param service the name unless OTEL_SERVICE_NAME gives one
 */
export async function startTracing(service: string, environment: Environment): Promise<Tracing | undefined> {
  if (!tracingIsWanted(environment)) return undefined;
  const { openTelemetry } = await import('./open-telemetry.js');
  return openTelemetry(service, environment);
}

/** For every line of the log: which trace it belongs to. */
export function traceFields(tracing: Tracing | undefined): (() => object) | undefined {
  return tracing === undefined ? undefined : () => tracing.ids() ?? {};
}

/** Says once, at the start, that traces are sent. */
export function tellOfTracing(tracing: Tracing | undefined, logger: Logger): void {
  if (tracing !== undefined) logger.info('traces are sent, as the OTEL_* variables say');
}
