import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';

export interface MetricsServer {
  port: number;
  close: () => Promise<void>;
}

/** The SDK's core answers on this machine in milliseconds; a scrape must not hang on it. */
const SDK_WITHIN_MS = 2_000;
const HOST = '127.0.0.1';

/**
 * Serves `/metrics` on loopback: the worker's own, then those of the SDK, which serves its own on a port that
 * nobody else need know.
 *
 * @returns null when the port is taken
 */
export async function serveMetrics(
  port: number,
  registry: Registry,
  sdkPort: number,
): Promise<MetricsServer | null> {
  const server = createServer((request, response) => {
    if (request.method !== 'GET' || request.url?.split('?')[0] !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    metricsText(registry, sdkPort).then(
      (text) => response.writeHead(200, { 'Content-Type': registry.contentType }).end(text),
      () => response.writeHead(500).end(),
    );
  });
  if (!(await listen(server, port))) return null;
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A port that is free at this moment. */
export async function freeLoopbackPort(): Promise<number> {
  const probe = createServer();
  await listen(probe, 0);
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

async function metricsText(registry: Registry, sdkPort: number): Promise<string> {
  const [own, sdk] = await Promise.all([registry.metrics(), sdkMetrics(sdkPort)]);
  return `${own}\n${sdk}`;
}

/** Our own metrics are worth having without those of the SDK. */
async function sdkMetrics(port: number): Promise<string> {
  try {
    const signal = AbortSignal.timeout(SDK_WITHIN_MS);
    return await (await fetch(`http://${HOST}:${port}/metrics`, { signal })).text();
  } catch {
    return '';
  }
}

function listen(server: Server, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, HOST, () => resolve(true));
  });
}
