/** An OpenTelemetry collector of a test's own: takes OTLP over HTTP in JSON and keeps the spans. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

interface OtlpValue {
  stringValue?: string;
  intValue?: number | string;
  boolValue?: boolean;
}
interface OtlpAttribute {
  key: string;
  value: OtlpValue;
}
interface OtlpSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  attributes?: OtlpAttribute[];
  links?: { traceId: string; spanId: string }[];
}
interface OtlpBody {
  resourceSpans?: {
    resource?: { attributes?: OtlpAttribute[] };
    scopeSpans?: { spans?: OtlpSpan[] }[];
  }[];
}

export interface CollectedSpan extends Omit<OtlpSpan, 'attributes'> {
  service: string;
  attributes: Record<string, unknown>;
}

export class Collector {
  readonly spans: CollectedSpan[] = [];
  /** Everything that was sent, as text. */
  text = '';

  private constructor(private readonly server: Server) {}

  static async start(): Promise<Collector> {
    const server = createServer((request, response) => {
      void collector.take(request).then(() => response.writeHead(200).end('{}'));
    });
    const collector = new Collector(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return collector;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** The spans that hang below a span, in whatever depth. */
  below(root: CollectedSpan): CollectedSpan[] {
    const children = this.spans.filter(
      (one) => one.traceId === root.traceId && one.parentSpanId === root.spanId,
    );
    return children.flatMap((child) => [child, ...this.below(child)]);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async take(request: IncomingMessage): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    this.text += text;
    for (const { resource, scopeSpans = [] } of (JSON.parse(text) as OtlpBody).resourceSpans ?? []) {
      const service = String(plain(resource?.attributes)['service.name']);
      for (const span of scopeSpans.flatMap((one) => one.spans ?? []))
        this.spans.push({ ...span, service, attributes: plain(span.attributes) });
    }
  }
}

function plain(attributes: OtlpAttribute[] = []): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}
