/** The only user of Temporal's client: starts a booking's workflow, nudges it, and asks after it. */
import {
  Client,
  Connection,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  type WorkflowClientInterceptor,
} from '@temporalio/client';
import {
  defaultPayloadConverter,
  defineSearchAttributeKey,
  TypedSearchAttributes,
  type Headers,
  type PayloadCodec,
} from '@temporalio/common';
import { optionalTsToMs } from '@temporalio/common/lib/time.js';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { setVariables } from '../../contract/environment.js';
import {
  SEARCH_ATTRIBUTES,
  TASK_QUEUE,
  TRACE_HEADER,
  WORKFLOW_TYPE,
  bookingIdOf,
  workflowIdOf,
  type BookingAssignmentInput,
} from '../../contract/workflow.js';
import { aboutBooking } from './about-booking.js';
import { PollerWatch } from './poller-watch.js';

/** What a start needs; whether the cluster knows our search attributes is found out here. */
export type StartInput = Omit<BookingAssignmentInput, 'searchAttributes'>;

/** Temporal did not answer, or refused: try again later. */
export class TemporalUnavailableError extends Error {
  override readonly name = 'TemporalUnavailableError';
}

/** A call to Temporal takes milliseconds; after this it is given up, and tried again by whoever asked. */
const CALL_MS = 3_000;
/** With the default of 10 s, a worker's death stalls a 30-second offer for as long. */
const WORKFLOW_TASK_TIMEOUT = '2s';
/** By gRPC's own defaults a Temporal that was away for a minute is looked for again after half a minute more. */
const RECONNECT = { 'grpc.initial_reconnect_backoff_ms': 200, 'grpc.max_reconnect_backoff_ms': 2_000 };
const ATTRIBUTES_RECHECK_MS = 5_000;

export class AssignmentClient {
  private attributesKnown = false;
  private attributesCheckedAt = -Infinity;
  private readonly pollers = new PollerWatch();

  private constructor(
    private readonly connection: Connection,
    private readonly client: Client,
    readonly namespace: string,
  ) {}

  /**
   * A client by Temporal's own standard variables and profiles; connects at its first call.
   * @param codec what is sent goes through it, as at the worker
   * @param traceparent of the call under way: starts and signals carry it as a header
   */
  static fromEnvironment(codec?: PayloadCodec, traceparent?: () => string | undefined): AssignmentClient {
    const { connectionOptions, namespace = 'default' } = loadClientConnectConfig({
      overrideEnvVars: setVariables(process.env),
    });
    const connection = Connection.lazy({ ...connectionOptions, channelArgs: RECONNECT });
    const dataConverter = { payloadCodecs: codec === undefined ? [] : [codec] };
    const interceptors = traceparent === undefined ? {} : { workflow: [carrying(traceparent)] };
    const client = new Client({ connection, namespace, dataConverter, interceptors });
    return new AssignmentClient(connection, client, namespace);
  }

  /**
   * Starts a booking's workflow. One that runs is left alone; one that ended well is not revived; one
   * that was terminated or failed gets a new run. Safe to call twice. Throws TemporalUnavailableError.
   *
   * @param reuse `ALLOW_DUPLICATE` revives one that ended well, too: where the rows say that its booking is not over
   */
  start(
    input: StartInput,
    reuse: 'ALLOW_DUPLICATE_FAILED_ONLY' | 'ALLOW_DUPLICATE' = 'ALLOW_DUPLICATE_FAILED_ONLY',
  ): Promise<'running' | 'finished'> {
    return this.call(async () => {
      const searchAttributes = await this.knowsOurAttributes();
      try {
        await this.client.workflow.start(WORKFLOW_TYPE, {
          workflowId: workflowIdOf(input.bookingId),
          taskQueue: TASK_QUEUE,
          args: [{ ...input, searchAttributes } satisfies BookingAssignmentInput],
          workflowIdConflictPolicy: 'USE_EXISTING',
          workflowIdReusePolicy: reuse,
          workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT,
          staticSummary: `${input.bookingNumber} · ${input.vehicleTypeId}`,
          staticDetails: aboutBooking(input),
          ...(searchAttributes ? { typedSearchAttributes: attributesAtStart(input) } : {}),
        });
        return 'running';
      } catch (error) {
        if (error instanceof WorkflowExecutionAlreadyStartedError) return 'finished';
        throw error;
      }
    });
  }

  /** Signals a booking's workflow; `gone` when none is open. Throws TemporalUnavailableError. */
  signal(bookingId: string, signal: string, payload: object): Promise<'sent' | 'gone'> {
    return this.call(async () => {
      try {
        await this.client.workflow.getHandle(workflowIdOf(bookingId)).signal(signal, payload);
        return 'sent';
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return 'gone';
        throw error;
      }
    });
  }

  /**
   * Bookings whose workflow ended by force or failure within the last `sinceMs` (by the cluster's clock).
   * Throws TemporalUnavailableError.
   */
  brokenSince(sinceMs: number, nowMs: number): Promise<string[]> {
    return this.call(async () => {
      const since = new Date(nowMs - sinceMs).toISOString();
      const query =
        `WorkflowType = '${WORKFLOW_TYPE}' AND CloseTime > '${since}' ` +
        `AND ExecutionStatus IN ('Terminated', 'Failed', 'TimedOut', 'Canceled')`;
      return [...(await this.bookingsIn(query))];
    });
  }

  /**
   * Of these bookings, a few hundred at most, those whose workflow is listed as open. The list may lag behind by a
   * moment: whoever finds one missing asks `isOpen`. Throws TemporalUnavailableError.
   */
  listedOpen(bookingIds: string[]): Promise<Set<string>> {
    return this.call(() => {
      const ids = bookingIds.map((bookingId) => `'${workflowIdOf(bookingId)}'`).join(', ');
      return this.bookingsIn(`ExecutionStatus = 'Running' AND WorkflowId IN (${ids})`);
    });
  }

  private async bookingsIn(query: string): Promise<Set<string>> {
    const found = new Set<string>();
    for await (const { workflowId } of this.client.workflow.list({ query })) {
      const bookingId = bookingIdOf(workflowId);
      if (bookingId !== null) found.add(bookingId);
    }
    return found;
  }

  /** Is a booking's workflow open? Throws TemporalUnavailableError. */
  isOpen(bookingId: string): Promise<boolean> {
    return this.call(async () => {
      try {
        const described = await this.client.workflow.getHandle(workflowIdOf(bookingId)).describe();
        return described.status.name === 'RUNNING';
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return false;
        throw error;
      }
    });
  }

  /** Does any worker poll our task queue? Known from looking again and again. Throws TemporalUnavailableError. */
  hasWorker(): Promise<boolean> {
    return this.call(async () => {
      const answer = await this.connection.workflowService.describeTaskQueue({
        namespace: this.namespace,
        taskQueue: { name: TASK_QUEUE },
        taskQueueType: 1,
      });
      const polls = (answer.pollers ?? []).map(({ lastAccessTime }) => optionalTsToMs(lastAccessTime) ?? 0);
      const newest = polls.length === 0 ? null : Math.max(...polls);
      return this.pollers.look(newest, performance.now(), Date.now());
    });
  }

  /** Closes the connection. */
  close(): Promise<void> {
    return this.connection.close();
  }

  /** An upsert of an attribute that the cluster lacks would wedge a workflow: ask first. */
  private async knowsOurAttributes(): Promise<boolean> {
    const now = performance.now();
    if (this.attributesKnown || now - this.attributesCheckedAt < ATTRIBUTES_RECHECK_MS)
      return this.attributesKnown;
    try {
      const listed = await this.connection.operatorService.listSearchAttributes({
        namespace: this.namespace,
      });
      const custom = listed.customAttributes ?? {};
      this.attributesKnown = Object.keys(SEARCH_ATTRIBUTES).every((name) => name in custom);
    } catch {
      // A cluster may forbid the question: then we do without them.
      this.attributesKnown = false;
    }
    this.attributesCheckedAt = now;
    return this.attributesKnown;
  }

  private async call<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await this.client.withDeadline(Date.now() + CALL_MS, work);
    } catch (error) {
      throw new TemporalUnavailableError(error instanceof Error ? error.message : String(error));
    }
  }
}

/** Puts the trace of the call under way into the headers of what it starts and signals. */
function carrying(traceparent: () => string | undefined): WorkflowClientInterceptor {
  const headers = (given: Headers): Headers => {
    const current = traceparent();
    return current === undefined
      ? given
      : { ...given, [TRACE_HEADER]: defaultPayloadConverter.toPayload(current) };
  };
  return {
    start: (input, next) => next({ ...input, headers: headers(input.headers) }),
    signal: (input, next) => next({ ...input, headers: headers(input.headers) }),
  };
}

function attributesAtStart(input: StartInput): TypedSearchAttributes {
  return new TypedSearchAttributes([
    { key: defineSearchAttributeKey('AssignmentStatus', 'KEYWORD'), value: 'searching' },
    { key: defineSearchAttributeKey('BookingNumber', 'KEYWORD'), value: input.bookingNumber },
    { key: defineSearchAttributeKey('VehicleType', 'KEYWORD'), value: input.vehicleTypeId },
    { key: defineSearchAttributeKey('TriedPilots', 'INT'), value: 0 },
  ]);
}
