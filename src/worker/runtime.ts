import { createServer } from 'node:net';
import { DefaultLogger, Runtime, type LogLevel } from '@temporalio/worker';
import type { Logger } from 'pino';

const PINO_LEVEL: Record<LogLevel, 'trace' | 'debug' | 'info' | 'warn' | 'error'> = {
  TRACE: 'trace',
  DEBUG: 'debug',
  INFO: 'info',
  WARN: 'warn',
  ERROR: 'error',
};

/**
 * Installs the SDK's runtime: its log goes into ours, its metrics to Prometheus on `metricsPort`. With
 * several workers on one machine the first has the port; the others say so and run without.
 */
export async function installRuntime(logger: Logger, metricsPort: number | 'off'): Promise<void> {
  const serveMetrics = metricsPort !== 'off' && (await isFree(metricsPort));
  if (metricsPort !== 'off' && !serveMetrics)
    logger.warn({ metricsPort }, 'WORKER_METRICS_PORT is taken: this worker serves no metrics');
  Runtime.install({
    logger: new DefaultLogger('INFO', ({ level, message, meta }) => {
      const { error, ...fields } = (meta ?? {}) as Record<string, unknown>;
      const shown = error instanceof Error ? { ...fields, err: error.message } : fields;
      logger[PINO_LEVEL[level]](withBookingId(shown), message);
    }),
    // Ctrl-C is the supervisor's; this process stops by SIGTERM, which main.ts handles itself.
    shutdownSignals: [],
    ...(serveMetrics
      ? { telemetryOptions: { metrics: { prometheus: { bindAddress: `127.0.0.1:${metricsPort}` } } } }
      : {}),
  });
}

/** The SDK knows a workflow's id; people look for the booking's. */
function withBookingId(fields: Record<string, unknown>): Record<string, unknown> {
  const workflowId = fields['workflowId'];
  if (typeof workflowId !== 'string' || !workflowId.startsWith('booking-')) return fields;
  return { ...fields, bookingId: workflowId.slice('booking-'.length) };
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
