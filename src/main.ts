/** An API process: REST, sockets, the relay of the outbox and the reconciler. */
import 'reflect-metadata';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Logger } from 'pino';
import { AssignmentClient } from './assignment-client/assignment-client.js';
import type { ApiParts } from './app.module.js';
import { connectDatabase, createEmitter } from './config/database.js';
import { ConfigurationError, readApiConfig, type ApiConfig } from './config/environment.js';
import { armApi } from './config/failpoints.js';
import { createLogger, dispatchLog } from './config/logger.js';
import { createPayloadCodec } from './config/payload-codec.js';
import { onStopSignal } from './config/stop-signals.js';
import { HealthService } from './health/health.service.js';
import { createApi } from './create-api.js';
import { dispatchTrace, traceStatements } from './tracing/doors.js';
import { startTracing, tellOfTracing, traceFields, type Tracing } from './tracing/tracing.js';

/** A stop that takes longer is cut off: whoever stops a process waits 10 s for it. */
const STOP_WITHIN_MS = 9_000;

async function run(config: ApiConfig, logger: Logger, tracing: Tracing | undefined): Promise<void> {
  tellOfTracing(tracing, logger);
  if (tracing !== undefined) traceStatements(tracing);
  const source = await connectDatabase(config, { applicationName: 'dispatch-api' }, logger);
  const emitter = createEmitter(config.REDIS_URL, logger);
  const client = AssignmentClient.fromEnvironment(
    createPayloadCodec(config.PAYLOAD_KEYS, logger),
    tracing === undefined ? undefined : () => tracing.current(),
  );
  const trace = tracing === undefined ? {} : { trace: dispatchTrace(tracing) };
  const dispatch = { source, emitter, log: dispatchLog(logger), ...trace };
  const parts = { config, logger, dispatch, client, ...(tracing === undefined ? {} : { tracing }) };
  const app = await createApi(parts);
  armApi({ dispatch, client }, config.FAILPOINT);
  await app.listen(config.PORT);
  logger.info({ port: config.PORT }, 'api listening');
  const stop = (): void => {
    logger.info({ drainMs: config.DRAIN_MS }, 'api stopping');
    setTimeout(() => {
      logger.error({ afterMs: STOP_WITHIN_MS }, 'api stopped badly: cut off');
      process.exit(1);
    }, STOP_WITHIN_MS).unref();
    closeAll(app, parts).then(
      () => logger.info('api stopped'),
      (error: unknown) => logger.error({ err: String(error) }, 'api stopped badly'),
    );
  };
  onStopSignal(stop);
}

/**
 * Not ready first, and everybody still served while balancers look away; then no new connections, sockets told to
 * connect again elsewhere, requests under way answered (`SocketServer`); then the loops, and what they use.
 */
async function closeAll(app: NestExpressApplication, parts: ApiParts): Promise<void> {
  app.get(HealthService).leave();
  await new Promise((resolve) => setTimeout(resolve, parts.config.DRAIN_MS));
  await app.close();
  await parts.client.close();
  await parts.dispatch.emitter.close();
  await parts.dispatch.source.destroy();
  await parts.tracing?.stop();
}

async function main(): Promise<void> {
  let config: ApiConfig;
  try {
    config = readApiConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    process.stderr.write(`api: ${error.message}\n`);
    process.exitCode = 1;
    return;
  }
  const tracing = await startTracing('pilot-dispatch-api', process.env);
  const logger = createLogger('api', config.LOG_LEVEL, traceFields(tracing));
  try {
    await run(config, logger, tracing);
  } catch (error) {
    logger.fatal({ err: error instanceof Error ? error.message : String(error) }, 'api failed');
    process.exit(1);
  }
}

void main();
