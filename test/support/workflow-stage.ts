/**
 * The stage of the workflow tests: the real workflow, out of the bundle, with the real activities over a real
 * Postgres, on a Temporal that skips time or on a real dev server. Worker and client as in production.
 */
import { randomUUID } from 'node:crypto';
import { NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import { Connection } from '@temporalio/client';
import { createBookingActivities } from '../../activities/booking-activities.js';
import { DEFAULT_LIMITS, type SearchLimits } from '../../contract/limits.js';
import type { LatLng } from '../../contract/geo.js';
import { TASK_QUEUE } from '../../contract/workflow.js';
import { setAvailability } from '../../dispatch/availability.js';
import { createBooking, startOf } from '../../dispatch/create-booking.js';
import type { DispatchContext } from '../../dispatch/context.js';
import { findBooking } from '../../database/statements/bookings.js';
import type { OutboxRow } from '../../database/statements/outbox.js';
import { insertPilot, markSeen, upsertPositions } from '../../database/statements/pilots.js';
import type { Emission } from '../../events/emitter.js';
import { createPostgresEmitter } from '../../events/postgres-emitter.js';
import { handReferencesOn } from '../../payload-codec/foreign-references.js';
import { AssignmentClient } from '../../src/assignment-client/assignment-client.js';
import { WORKFLOW_CODE_RUNS_FOR } from '../../src/worker/runtime.js';
import { Booked } from './booked.js';
import { Interferences } from './interferences.js';
import { northOf } from './places.js';
import { pause } from './waiting.js';
import { bundlePath, CANARY, converterPath, type Ground } from './stage-ground.js';

/** What a deployment changes of a worker. */
export type Deployed = Pick<WorkerOptions, 'workflowBundle' | 'workerDeploymentOptions'>;

const WORKER_STOPS_WITHIN_MS = 8_000;

export class Stage {
  /** As the API's processes have it: what a tap leaves for Temporal is collected in `lines`. */
  readonly api: DispatchContext;
  /** Outbox lines that the taps left, not delivered yet. */
  readonly lines: OutboxRow[] = [];
  /** All that was sent to sockets, in the order of the commits. */
  readonly emissions: Emission[] = [];
  /** What the test does around activities. */
  readonly activities = new Interferences(async (name) => {
    await this.ground.sync();
    if (name === 'claimNextPilot') await this.beat();
  });
  /** What transactions logged, in their order. */
  readonly logs: Parameters<DispatchContext['log']>[] = [];
  private readonly alive = new Map<string, LatLng>();
  private readonly booked: Booked[] = [];
  private worker: { worker: Worker; running: Promise<void> } | undefined;

  private constructor(
    readonly ground: Ground,
    private readonly cachedWorkflows: number,
    readonly client: AssignmentClient,
    readonly connection: Connection,
    private readonly native: NativeConnection,
  ) {
    const emitter = createPostgresEmitter();
    const source = ground.source;
    this.api = {
      source,
      emitter: {
        ...emitter,
        afterCommit: (emissions) => {
          this.emissions.push(...emissions);
          return Promise.resolve();
        },
      },
      log: (point, fields) => void this.logs.push([point, fields]),
      deliver: (lines) => void this.lines.push(...lines),
    };
  }

  /** @param cachedWorkflows 0: a worker that forgets, and so replays every workflow at every step */
  static async open(ground: Ground, cachedWorkflows = 100): Promise<Stage> {
    process.env['TEMPORAL_ADDRESS'] = ground.address;
    process.env['TEMPORAL_NAMESPACE'] = ground.namespace;
    handReferencesOn();
    const client = AssignmentClient.fromEnvironment();
    const native = await NativeConnection.connect({ address: ground.address });
    const connection = await Connection.connect({ address: ground.address });
    const stage = new Stage(ground, cachedWorkflows, client, connection, native);
    await stage.startWorker();
    return stage;
  }

  /**
   * A worker with the options of src/worker/main.ts.
   *
   * @param deployed another build than that of the test run, or a version of its own
   */
  async startWorker(deployed: Deployed = {}): Promise<void> {
    const { worker, running } = await this.startAnother(deployed);
    this.worker = { worker, running };
  }

  /** One more worker beside the stage's own; whoever starts it stops it. */
  async startAnother(deployed: Deployed): Promise<{ worker: Worker; running: Promise<void> }> {
    const worker = await Worker.create({
      connection: this.native,
      namespace: this.ground.namespace,
      taskQueue: TASK_QUEUE,
      workflowBundle: { codePath: bundlePath() },
      ...deployed,
      dataConverter: { payloadConverterPath: converterPath() },
      activities: this.activities.around(createBookingActivities({ ...this.api, deliver: () => undefined })),
      maxCachedWorkflows: this.cachedWorkflows,
      stickyQueueScheduleToStartTimeout: '1s',
      shutdownGraceTime: '2s',
      shutdownForceTime: '4s',
      ...WORKFLOW_CODE_RUNS_FOR,
    });
    const running = worker.run();
    running.catch(() => undefined);
    return { worker, running };
  }

  async stopWorker(): Promise<void> {
    if (this.worker === undefined) return;
    const { worker, running } = this.worker;
    this.worker = undefined;
    worker.shutdown();
    // A worker whose workflow spins or whose server is gone may never stop; its test file must end.
    await Promise.race([running, pause(WORKER_STOPS_WITHIN_MS)]);
  }

  /** A pilot near `place`, online and alive: his app reports before each step, as apps do all the time. */
  async pilot(place: LatLng, km: number, options: { online?: boolean } = {}): Promise<string> {
    const id = randomUUID();
    const { manager } = this.api.source;
    await insertPilot(manager, id, {
      name: CANARY.pilot,
      phone: CANARY.pilotPhone,
      vehicleTypeId: 'bike',
      rating: 4.5,
    });
    this.alive.set(id, northOf(place, km));
    if (options.online !== false) await this.online(id, true);
    return id;
  }

  async online(pilotId: string, online: boolean): Promise<void> {
    await this.ground.sync();
    await this.beat();
    await setAvailability(this.api, { pilotId, online });
  }

  /** Books as `POST /bookings` does; the start waits in the outbox until it is delivered. */
  async book(pickup: LatLng, limits: Partial<SearchLimits> = {}): Promise<Booked> {
    await this.ground.sync();
    const userId = randomUUID();
    const booking = await createBooking(this.api, {
      user: { id: userId, name: CANARY.user, phone: CANARY.userPhone },
      body: {
        pickup: { ...pickup, address: CANARY.pickup },
        dropoff: { ...northOf(pickup, 3), address: CANARY.dropoff },
        vehicleTypeId: 'bike',
        package: { description: CANARY.parcel },
        note: CANARY.note,
      },
      limits: { ...DEFAULT_LIMITS, ...limits },
    });
    const booked = new Booked(this, booking.id, userId);
    this.booked.push(booked);
    return booked;
  }

  /** Delivers what waits in the outbox, as the API does right after a commit. */
  async deliver(lines: OutboxRow[] = this.lines.splice(0)): Promise<void> {
    for (const line of lines) {
      if (line.kind === 'start') await this.client.start(line.payload as never);
      else await this.client.signal(line.booking_id, line.kind, line.payload);
    }
  }

  /** As the reconciler and the relay do it for a booking whose workflow is gone. */
  async startAgain(bookingId: string): Promise<'running' | 'finished'> {
    const booking = await findBooking(this.api.source.manager, bookingId);
    if (booking === null) throw new Error(`no booking ${bookingId}`);
    return this.client.start(startOf(booking));
  }

  /** All pilots whose apps run report where they are, and that they are there. */
  async beat(): Promise<void> {
    const pilots = [...this.alive];
    if (pilots.length === 0) return;
    const { manager } = this.api.source;
    await upsertPositions(
      manager,
      pilots.map(([pilotId, place]) => ({ pilotId, ...place, heading: null, speedKph: null })),
    );
    await markSeen(
      manager,
      pilots.map(([pilotId]) => ({ pilotId, agoMs: 0 })),
    );
  }

  /**
   * After each test: what it left open is cancelled, so that its timers do not run through the next. Not
   * terminated: the skipping server never skips again when a run is terminated during a workflow task.
   *
   * @returns histories of workflows that are stuck and could not be ended
   */
  async clear(): Promise<string[][]> {
    this.activities.clear();
    this.lines.length = 0;
    this.emissions.length = 0;
    this.alive.clear();
    const ended = await Promise.all(this.booked.splice(0).map((booked) => booked.end()));
    return ended.filter((history) => history !== null);
  }

  async close(): Promise<void> {
    await this.stopWorker();
    const steps = [this.client, this.connection, this.native, this.ground];
    // One that fails must not keep the others open: the first error is told at the end.
    const ended = await Promise.allSettled(steps.map((step) => step.close()));
    const failed = ended.find((one) => one.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }
}
