import { DefaultLogger, Runtime, type LogLevel } from '@temporalio/worker';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import { freeLoopbackPort, serveMetrics } from './metrics-server.js';

const PINO_LEVEL: Record<LogLevel, 'trace' | 'debug' | 'info' | 'warn' | 'error'> = {
  TRACE: 'trace',
  DEBUG: 'debug',
  INFO: 'info',
  WARN: 'warn',
  ERROR: 'error',
};

/** By the clock of the wall, and longer than a machine stands still; not in the SDK's types (docs/decisions/0019). */
export const WORKFLOW_CODE_RUNS_FOR = { isolateExecutionTimeout: '1 minute' };

/**
 * Installs the SDK's runtime: its log goes into ours, its metrics beside `registry` to Prometheus on
 * `metricsPort`. With several workers on one machine the first has the port; the others say so and run without.
 *
 * @returns ends the serving of metrics
 */
export async function installRuntime(
  logger: Logger,
  metricsPort: number | 'off',
  registry: Registry,
): Promise<() => Promise<void>> {
  const sdkPort = await freeLoopbackPort();
  const server = metricsPort === 'off' ? null : await serveMetrics(metricsPort, registry, sdkPort);
  if (server !== null) logger.info({ metricsPort: server.port }, 'serving metrics');
  else if (metricsPort !== 'off')
    logger.warn({ metricsPort }, 'WORKER_METRICS_PORT is taken: this worker serves no metrics');
  Runtime.install({
    logger: new DefaultLogger('INFO', ({ level, message, meta }) => {
      const { error, ...fields } = (meta ?? {}) as Record<string, unknown>;
      const shown = error instanceof Error ? { ...fields, err: error.message } : fields;
      logger[PINO_LEVEL[level]](withBookingId(shown), message);
    }),
    // Ctrl-C is the supervisor's; this process stops by SIGTERM, which main.ts handles itself.
    shutdownSignals: [],
    telemetryOptions: {
      // What the SDK's core says too, such as why a workflow task failed: by default it writes past our log.
      logging: { forward: {}, filter: { core: 'WARN', other: 'ERROR' } },
      ...(server === null ? {} : { metrics: { prometheus: { bindAddress: `127.0.0.1:${sdkPort}` } } }),
    },
  });
  return async () => server?.close();
}

/** The SDK knows a workflow's id; people look for the booking's. */
function withBookingId(fields: Record<string, unknown>): Record<string, unknown> {
  const workflowId = fields['workflowId'];
  if (typeof workflowId !== 'string' || !workflowId.startsWith('booking-')) return fields;
  return { ...fields, bookingId: workflowId.slice('booking-'.length) };
}
