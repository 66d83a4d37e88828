/** A worker process: the one place where workflows, activities, database and events meet. */
import 'reflect-metadata';
import { fileURLToPath } from 'node:url';
import { NativeConnection, Worker, type DataConverter, type WorkerOptions } from '@temporalio/worker';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import type { Logger } from 'pino';
import { createBookingActivities } from '../../activities/booking-activities.js';
import { setVariables } from '../../contract/environment.js';
import { TASK_QUEUE } from '../../contract/workflow.js';
import { handReferencesOn } from '../../payload-codec/foreign-references.js';
import { ConfigurationError, readWorkerConfig, type WorkerConfig } from '../config/environment.js';
import { connectDatabase, createEmitter } from '../config/database.js';
import { armActivities, armEmitter } from '../config/failpoints.js';
import { createLogger, dispatchLog } from '../config/logger.js';
import { createPayloadCodec } from '../config/payload-codec.js';
import { onStopSignal } from '../config/stop-signals.js';
import { counting } from '../health/decision-metrics.js';
import { WorkerMetrics } from './metrics.js';
import { installRuntime, WORKFLOW_CODE_RUNS_FOR } from './runtime.js';
import { WorkflowSlots } from './workflow-slots.js';
import { registerSearchAttributes } from './search-attributes.js';
import { traceActivities, traceSinks } from './trace.js';
import { traceStatements } from '../tracing/doors.js';
import { startTracing, tellOfTracing, traceFields, type Tracing } from '../tracing/tracing.js';

const BUNDLE = fileURLToPath(new URL('../../workflow-bundle.js', import.meta.url));
const CONVERTER = fileURLToPath(new URL('../../workflows/tolerant-payload-converter.js', import.meta.url));
const FAILURE_CONVERTER = fileURLToPath(new URL('../../payload-codec/failure-converter.js', import.meta.url));
/** How long the worker waits at its start for a Temporal that is still coming up. */
const CONNECT_FOR_MS = 60_000;
const CONNECT_PAUSE_MS = 500;
/** As the SDK's own default. */
const LOCAL_ACTIVITIES_AT_ONCE = 100;

async function connectTemporal(logger: Logger): Promise<{ connection: NativeConnection; namespace: string }> {
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig({
    overrideEnvVars: setVariables(process.env),
  });
  const giveUpAt = performance.now() + CONNECT_FOR_MS;
  for (;;) {
    try {
      return { connection: await NativeConnection.connect(connectionOptions), namespace };
    } catch (error) {
      if (performance.now() > giveUpAt) throw error;
      logger.warn({ err: error instanceof Error ? error.message : String(error) }, 'waiting for Temporal');
      await new Promise((resolve) => setTimeout(resolve, CONNECT_PAUSE_MS));
    }
  }
}

/** A worker of a named version takes the bookings of that version only, each for its whole life. */
function versionOf(config: WorkerConfig): Pick<WorkerOptions, 'workerDeploymentOptions'> {
  const { WORKER_DEPLOYMENT_NAME: deploymentName, WORKER_BUILD_ID: buildId } = config;
  if (deploymentName === undefined || buildId === undefined) return {};
  return {
    workerDeploymentOptions: {
      version: { deploymentName, buildId },
      useWorkerVersioning: true,
      defaultVersioningBehavior: 'PINNED',
    },
  };
}

/** With keys, messages of failures are encrypted as well; without, they stay readable. */
function dataConverter(config: WorkerConfig, logger: Logger): DataConverter {
  return {
    payloadConverterPath: CONVERTER,
    ...(config.PAYLOAD_KEYS.length === 0 ? {} : { failureConverterPath: FAILURE_CONVERTER }),
    payloadCodecs: [createPayloadCodec(config.PAYLOAD_KEYS, logger)],
  };
}

/** How much is polled for and under way at once. */
function atOnce(
  slots: WorkflowSlots,
): Pick<
  WorkerOptions,
  'workflowTaskPollerBehavior' | 'nonStickyToStickyPollRatio' | 'activityTaskPollerBehavior' | 'tuner'
> {
  return {
    workflowTaskPollerBehavior: { type: 'simple-maximum', maximum: 10 },
    // Half of them for bookings that begin: with the SDK's fifth a burst of them waits in line for the next poll.
    nonStickyToStickyPollRatio: 0.5,
    // All our activities are local: of the others there are none.
    activityTaskPollerBehavior: { type: 'simple-maximum', maximum: 1 },
    tuner: {
      workflowTaskSlotSupplier: slots,
      activityTaskSlotSupplier: { type: 'fixed-size', numSlots: 1 },
      localActivityTaskSlotSupplier: { type: 'fixed-size', numSlots: LOCAL_ACTIVITIES_AT_ONCE },
      nexusTaskSlotSupplier: { type: 'fixed-size', numSlots: 1 },
    },
  };
}

async function run(config: WorkerConfig, logger: Logger, tracing: Tracing | undefined): Promise<void> {
  tellOfTracing(tracing, logger);
  if (tracing !== undefined) traceStatements(tracing);
  const metrics = new WorkerMetrics();
  const stopMetrics = await installRuntime(logger, config.WORKER_METRICS_PORT, metrics.registry);
  const source = await connectDatabase(
    config,
    { applicationName: 'dispatch-worker', plannedOnce: true },
    logger,
  );
  const emitter = armEmitter(createEmitter(config.REDIS_URL, logger), config.FAILPOINT);
  const log = counting(dispatchLog(logger), metrics.decisions);
  const { connection, namespace } = await connectTemporal(logger);
  handReferencesOn();
  const activities = createBookingActivities({ source, emitter, log });
  try {
    await registerSearchAttributes(connection, namespace, logger);
    const slots = new WorkflowSlots();
    const worker = await Worker.create({
      connection,
      namespace,
      taskQueue: TASK_QUEUE,
      workflowBundle: { codePath: BUNDLE },
      dataConverter: dataConverter(config, logger),
      activities: metrics.timed(armActivities(activities, config.FAILPOINT)),
      ...versionOf(config),
      sinks: traceSinks(tracing),
      ...(tracing === undefined ? {} : { interceptors: { activity: [traceActivities(tracing)] } }),
      // The open workflows must stay in memory: replaying them took 2 s and more at the 99th percentile.
      maxCachedWorkflows: config.WORKER_CACHED_WORKFLOWS,
      ...WORKFLOW_CODE_RUNS_FOR,
      ...atOnce(slots),
      // A dead worker's workflows are handed to another after this; the default of 10 s stalls an offer.
      stickyQueueScheduleToStartTimeout: '1s',
      // Activities take milliseconds, and 3 s at most: those that are under way end, what is due next is handed over.
      shutdownGraceTime: '4s',
      // Whoever stops a process waits 10 s for it, 2.5 of them for its polls; what does not end by then another worker
      // does again.
      shutdownForceTime: '7s',
    });
    const stop = async (): Promise<void> => {
      await slots.close();
      if (worker.getState() === 'RUNNING') worker.shutdown();
    };
    onStopSignal(() => void stop());
    const running = worker.run();
    logger.info({ taskQueue: TASK_QUEUE, namespace }, 'worker polling');
    await running;
  } finally {
    await connection.close();
    await emitter.close();
    await source.destroy();
    await stopMetrics();
    await tracing?.stop();
    logger.info('worker stopped');
  }
}

async function main(): Promise<void> {
  let config: WorkerConfig;
  try {
    config = readWorkerConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    process.stderr.write(`worker: ${error.message}\n`);
    process.exitCode = 1;
    return;
  }
  const tracing = await startTracing('pilot-dispatch-worker', process.env);
  const logger = createLogger('worker', config.LOG_LEVEL, traceFields(tracing));
  try {
    await run(config, logger, tracing);
  } catch (error) {
    logger.fatal({ err: error instanceof Error ? error.message : String(error) }, 'worker failed');
    process.exitCode = 1;
  }
}

void main();
