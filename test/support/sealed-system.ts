/** A system whose histories are encrypted, and the hands that look into them as the server holds them. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Payload } from '@temporalio/common';
import type { Booking, Offer } from '../../contract/shapes.js';
import { workflowIdOf } from '../../contract/workflow.js';
import { Cast, type PilotActor, type User } from './actors.js';
import { plainly } from './payload-keys.js';
import { freshPlace } from './places.js';
import { call, type Reply } from './rest.js';
import { System } from './system.js';
import { signToken } from './tokens.js';
import { eventually } from './waiting.js';

const LONG = { OFFER_TIMEOUT_MS: '600000', SEARCH_TIMEOUT_MS: '600000' };
/** A task fails with it when a signal came while the workflow ended: that is no fault. */
const UNHANDLED_COMMAND = 1;

export interface Stand {
  booking: Booking;
  pilot: PilotActor;
  offer: Offer;
}
export type JsonPayload = { metadata: Record<string, string>; data: string };

/** As Temporal's Web UI and CLI send it. */
export function toJson(payload: Payload): JsonPayload {
  const { metadata, data } = plainly(payload);
  const entries = Object.entries(metadata).map(([key, text]) => [key, Buffer.from(text).toString('base64')]);
  return { metadata: Object.fromEntries(entries) as Record<string, string>, data };
}

/** Every payload in something, with the way there. */
export function* payloadsIn(value: unknown, way = ''): Generator<[string, Payload]> {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return;
  if ('metadata' in value && 'data' in value) yield [way, value as Payload];
  else for (const [key, one] of Object.entries(value)) yield* payloadsIn(one, `${way}/${key}`);
}

export class SealedSystem {
  private constructor(
    readonly system: System,
    readonly cast: Cast,
    readonly user: User,
    readonly admin: string,
  ) {}

  static async start(env: Record<string, string>): Promise<SealedSystem> {
    const system = await System.start({ env: { ...LONG, ...env } });
    const cast = new Cast({ url: () => system.url(system.apis.length - 1) });
    const user = await cast.user({ connected: false });
    return new SealedSystem(system, cast, user, await signToken({ type: 'admin' }));
  }

  async stop(): Promise<void> {
    this.cast.leave();
    await this.system.stop();
  }

  get url(): string {
    return this.cast.doors.url();
  }

  async offered(): Promise<Stand> {
    const place = freshPlace();
    const pilot = await this.cast.pilot({ at: place });
    const booking = await this.user.book(place);
    return { booking, pilot, offer: await pilot.offered(booking.id) };
  }

  async delivered({ booking, pilot }: Pick<Stand, 'booking' | 'pilot'>): Promise<void> {
    for (const status of ['ARRIVED', 'PICKED_UP', 'IN_TRANSIT', 'DELIVERED'] as const)
      expect((await pilot.step(booking.id, status)).status).toBe(200);
    await eventually('the workflow to complete', async () => (await this.runStatus(booking)) === 'COMPLETED');
  }

  async becomes(booking: Booking, status: string): Promise<void> {
    await eventually(
      `the booking to be ${status}`,
      async () => (await this.user.booking(booking.id)).status === status,
    );
  }

  async runStatus(booking: Booking): Promise<string> {
    return (await this.handle(booking).describe()).status.name;
  }

  /** As the server holds it. */
  history(booking: Booking) {
    return this.handle(booking).fetchHistory();
  }

  /** Workflow tasks that failed by a fault of the worker. */
  async failedTasks(booking: Booking): Promise<string[]> {
    const failed = ((await this.history(booking)).events ?? []).flatMap(
      (one) => one.workflowTaskFailedEventAttributes ?? [],
    );
    return failed
      .filter(({ cause }) => cause !== UNHANDLED_COMMAND)
      .map(({ cause, failure }) => `${cause}: ${failure?.message}`);
  }

  /** A signal with payloads as they are. */
  signalRaw(booking: Booking, signalName: string, payloads: Payload[]): Promise<unknown> {
    const { client, namespace } = this.system.temporal;
    return client.connection.workflowService.signalWorkflowExecution({
      namespace,
      workflowExecution: { workflowId: workflowIdOf(booking.id) },
      signalName,
      input: { payloads },
    });
  }

  /** Temporal's own CLI; with a token it asks our codec endpoint. */
  async cli(args: string[], token?: string): Promise<string> {
    const { address, namespace } = this.system.temporal;
    const where = ['--address', address, '--namespace', namespace];
    const codec = ['--codec-endpoint', `${this.url}/admin/codec`, '--codec-auth', `Bearer ${token}`];
    const all = [...args, ...where, ...(token === undefined ? [] : codec)];
    return (await promisify(execFile)(process.env['TEST_TEMPORAL_CLI'] ?? '', all)).stdout;
  }

  /** A call of the codec endpoint. */
  code(
    way: 'decode' | 'encode',
    token: string | undefined,
    payloads: unknown[],
  ): Promise<Reply<{ payloads: JsonPayload[] }>> {
    const body = { payloads };
    return call(this.url, 'POST', `/admin/codec/${way}`, { body, ...(token === undefined ? {} : { token }) });
  }

  /** Ends worker and API in good order, and starts others with these keys. */
  async restart(PAYLOAD_KEYS: string | undefined): Promise<void> {
    const { apis, workers } = this.system;
    await Promise.all([workers.at(-1)?.stop(), apis.at(-1)?.stop()]);
    const env = { PAYLOAD_KEYS };
    const [, api] = await Promise.all([this.system.startWorker(env), this.system.startApi(env)]);
    await api.waitReady();
  }

  private handle({ id }: Booking) {
    return this.system.temporal.client.workflow.getHandle(workflowIdOf(id));
  }
}
