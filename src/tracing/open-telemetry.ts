/** The OpenTelemetry SDK behind `Tracing`. Loaded only where traces are wanted. */
import { AsyncLocalStorage } from 'node:async_hooks';
import {
  isSpanContextValid,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Context,
  type Span,
  type SpanContext,
  type Tracer,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  RandomIdGenerator,
  TraceIdRatioBasedSampler,
  TracerProvider,
  type Sampler,
} from '@opentelemetry/sdk-trace';
import type { Environment } from '../config/environment.js';
import type { Attributes, OpenSpan, RemoteSpan, SpanChoice, SpanRole, Tracing } from './tracing.js';

const KINDS: Record<SpanRole, SpanKind> = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
  internal: SpanKind.INTERNAL,
};
const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;
/** What OTEL_BSP_SCHEDULE_DELAY is by OpenTelemetry's specification when nobody sets it. */
const SEND_EVERY_MS = 5_000;
/** A collector that is away must not hold up the end of a process. */
const LAST_SEND_WITHIN_MS = 2_000;

/** Makes spans' ids, except for one whose id was made elsewhere. */
class Ids extends RandomIdGenerator {
  private next: string | undefined;
  private readonly random = new RandomIdGenerator();

  override generateSpanId = (): string => {
    const id = this.next ?? this.random.generateSpanId();
    this.next = undefined;
    return id;
  };

  /** The span that `make` begins has this id. */
  with<T>(spanId: string | undefined, make: () => T): T {
    this.next = spanId;
    return make();
  }
}

/** Starts the SDK by the standard variables. */
export function openTelemetry(service: string, environment: Environment): Tracing {
  const delay = Number(environment['OTEL_BSP_SCHEDULE_DELAY']);
  const ids = new Ids();
  const provider = new TracerProvider({
    // The variables win over our own name.
    resource: defaultResource()
      .merge(resourceFromAttributes({ 'service.name': service }))
      .merge(detectResources({ detectors: [envDetector] })),
    sampler: samplerOf(environment),
    idGenerator: ids,
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: new OTLPTraceExporter(),
        scheduledDelayMillis: Number.isFinite(delay) && delay > 0 ? delay : SEND_EVERY_MS,
      }),
    ],
  });
  return new OpenTelemetryTracing(provider, provider.getTracer('pilot-dispatch'), ids);
}

class OpenTelemetryTracing implements Tracing {
  private readonly around = new AsyncLocalStorage<Span>();

  constructor(
    private readonly provider: TracerProvider,
    private readonly tracer: Tracer,
    private readonly spanIds: Ids,
  ) {}

  async within<T>(name: string, choice: SpanChoice, work: () => Promise<T>): Promise<T> {
    const span = this.begin(name, choice);
    try {
      return await this.around.run(span, work);
    } catch (error) {
      fail(span, error);
      throw error;
    } finally {
      span.end();
    }
  }

  open(name: string, choice: SpanChoice, work: (span: OpenSpan) => void): void {
    const span = this.begin(name, choice);
    this.around.run(span, () =>
      work({
        rename: (better) => void span.updateName(better),
        set: (attributes) => void span.setAttributes(attributes),
        fail: () => fail(span),
        end: () => span.end(),
      }),
    );
  }

  record({ name, parent, own, link, at, attributes }: RemoteSpan): void {
    const linked = contextOf(link);
    const span = this.spanIds.with(contextOf(own)?.spanId, () =>
      this.tracer.startSpan(
        name,
        {
          kind: SpanKind.CONSUMER,
          startTime: at,
          attributes,
          links: linked === undefined ? [] : [{ context: linked }],
        },
        this.parentContext(parent),
      ),
    );
    span.end(at);
  }

  current(): string | undefined {
    const context = this.around.getStore()?.spanContext();
    if (context === undefined || !isSpanContextValid(context)) return undefined;
    const flags = context.traceFlags.toString(16).padStart(2, '0');
    return `00-${context.traceId}-${context.spanId}-${flags}`;
  }

  ids(): { traceId: string; spanId: string } | undefined {
    const context = this.around.getStore()?.spanContext();
    return context === undefined ? undefined : { traceId: context.traceId, spanId: context.spanId };
  }

  async stop(): Promise<void> {
    const late = new Promise<void>((resolve) => setTimeout(resolve, LAST_SEND_WITHIN_MS).unref());
    await Promise.race([this.provider.shutdown().catch(() => undefined), late]);
  }

  private begin(name: string, { role = 'internal', parent, attributes = {} }: SpanChoice): Span {
    return this.tracer.startSpan(name, { kind: KINDS[role], attributes }, this.parentContext(parent));
  }

  private parentContext(parent: string | undefined): Context {
    const context = contextOf(parent) ?? this.around.getStore()?.spanContext();
    return context === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, context);
  }
}

/** Names the kind of error, never its message: that may hold values. */
function fail(span: Span, error?: unknown): void {
  span.setStatus({ code: SpanStatusCode.ERROR });
  if (error !== undefined) {
    const attributes: Attributes = { 'error.type': error instanceof Error ? error.name : typeof error };
    span.setAttributes(attributes);
  }
}

/** What a W3C traceparent says; undefined for one that is none: it may come from anybody. */
function contextOf(traceparent: string | undefined): SpanContext | undefined {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(traceparent ?? '') ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  const context = { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
  return isSpanContextValid(context) ? context : undefined;
}

function samplerOf(environment: Environment): Sampler {
  const name = environment['OTEL_TRACES_SAMPLER'] ?? 'parentbased_always_on';
  const root = rootSampler(
    name.replace(/^parentbased_/, ''),
    Number(environment['OTEL_TRACES_SAMPLER_ARG'] ?? 1),
  );
  return name.startsWith('parentbased_') ? new ParentBasedSampler({ root }) : root;
}

function rootSampler(name: string, share: number): Sampler {
  if (name === 'always_off') return new AlwaysOffSampler();
  if (name === 'traceidratio') return new TraceIdRatioBasedSampler(Number.isFinite(share) ? share : 1);
  return new AlwaysOnSampler();
}
