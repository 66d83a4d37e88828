/** One booking on the stage: its rows, its events, its workflow, and the hands that reach for it. */
import { temporal } from '@temporalio/proto';
import { Client, WorkflowNotFoundError } from '@temporalio/client';
import { STATUS_QUERY, workflowIdOf, type AssignmentStatusView } from '../../contract/workflow.js';
import { findBooking } from '../../database/statements/bookings.js';
import { eventsAfter, type EventRow } from '../../database/statements/events.js';
import { rows } from '../../database/query.js';
import type { BookingRow, OfferRow, SearchRow } from '../../database/rows.js';
import { acceptByTap, declineByTap } from '../../dispatch/answer-offer.js';
import { cancelByCaller } from '../../dispatch/cancel-booking.js';
import { retryByCaller } from '../../dispatch/retry-search.js';
import { isOneOf } from '../../contract/words.js';
import { eventually, pause } from './waiting.js';
import type { Stage } from './workflow-stage.js';

/** Delivered at once, as the API does; or kept in the stage's `lines` for the test to deliver. */
export type Delivery = 'delivered' | 'kept';
const ON_THE_WAY = ['PICKED_UP', 'IN_TRANSIT'] as const;
/** Longer than a task that waits for an activity takes to be renewed. */
const QUERY_WITHIN_MS = 6_000;
type Event = temporal.api.history.v1.IHistoryEvent;

export class Booked {
  private readonly client: Client;

  constructor(
    private readonly stage: Stage,
    readonly id: string,
    readonly userId: string,
    /** One run of its workflow; the latest without it. */
    readonly runId?: string,
  ) {
    this.client = new Client({ connection: stage.connection, namespace: stage.ground.namespace });
  }

  get handle() {
    return this.client.workflow.getHandle(workflowIdOf(this.id), this.runId);
  }

  /** Delivers the start that the booking left, and so begins the search. */
  async start(): Promise<this> {
    await this.stage.deliver();
    return this;
  }

  async row(): Promise<BookingRow> {
    return (await findBooking(this.stage.api.source.manager, this.id)) as BookingRow;
  }

  /** The user's events. They are numbered from 1 without gaps, always. */
  async events(): Promise<EventRow[]> {
    const found = await eventsAfter(this.stage.api.source.manager, this.id, 0);
    const gap = found.findIndex((one, index) => one.seq !== index + 1);
    if (gap >= 0) throw new Error(`event ${gap + 1} is numbered ${found[gap]?.seq}`);
    return found;
  }

  /** Names of the user's events, without `booking:`, in order. */
  async told(): Promise<string[]> {
    return (await this.events()).map((one) => one.event.replace('booking:', ''));
  }

  offers(): Promise<OfferRow[]> {
    return rows<OfferRow>(
      this.stage.api.source.manager,
      'SELECT * FROM offers WHERE booking_id = $1 ORDER BY offered_at, number',
      [this.id],
    );
  }

  searches(): Promise<SearchRow[]> {
    return rows<SearchRow>(
      this.stage.api.source.manager,
      'SELECT * FROM searches WHERE booking_id = $1 ORDER BY search_no',
      [this.id],
    );
  }

  audit(): Promise<{ actor: string; action: string; details: object }[]> {
    return rows(
      this.stage.api.source.manager,
      'SELECT actor, action, details FROM audit_entries WHERE booking_id = $1 ORDER BY id',
      [this.id],
    );
  }

  /** The `number`th offer of the booking (1 for the first), as soon as the workflow shows it live. */
  liveOffer(number: number): Promise<OfferRow> {
    return eventually(`offer ${number} to be live`, async () => {
      const offer = (await this.offers())[number - 1];
      if (offer?.status !== 'OFFERED') return null;
      return (await this.view()).offer?.offerId === offer.id ? offer : null;
    });
  }

  /** The booking's status, as soon as its row has it. */
  async becomes(status: BookingRow['status']): Promise<BookingRow> {
    return eventually(`the booking to be ${status}`, async () => {
      const found = await this.row();
      return found.status === status ? found : null;
    });
  }

  /** The query's answer. One that never comes fails, rather than to hang the test. */
  view(): Promise<AssignmentStatusView> {
    return this.client.withDeadline(Date.now() + QUERY_WITHIN_MS, () =>
      this.handle.query<AssignmentStatusView>(STATUS_QUERY),
    );
  }

  /** The query's answer, as soon as it has this status. */
  viewIs(status: AssignmentStatusView['status']): Promise<AssignmentStatusView> {
    return eventually(`the query to say ${status}`, async () => {
      const found = await this.view();
      return found.status === status ? found : null;
    });
  }

  async accept(offer: OfferRow, delivery: Delivery = 'delivered'): Promise<void> {
    await this.tap(() => acceptByTap(this.stage.api, tapOf(offer)), delivery);
  }

  async decline(offer: OfferRow, delivery: Delivery = 'delivered'): Promise<void> {
    await this.tap(() => declineByTap(this.stage.api, tapOf(offer)), delivery);
  }

  async cancel(delivery: Delivery = 'delivered'): Promise<void> {
    const caller = { type: 'user', id: this.userId } as const;
    await this.tap(() => cancelByCaller(this.stage.api, { bookingId: this.id, caller, ageMs: 0 }), delivery);
  }

  async retry(delivery: Delivery = 'delivered'): Promise<void> {
    const caller = { type: 'user', id: this.userId } as const;
    await this.tap(() => retryByCaller(this.stage.api, { bookingId: this.id, caller }), delivery);
  }

  /** Any call of the API: on the common clock, and what it leaves for Temporal delivered after it. */
  async tap(call: () => Promise<unknown>, delivery: Delivery = 'delivered'): Promise<void> {
    await this.stage.ground.sync();
    await call();
    if (delivery === 'delivered') await this.stage.deliver();
  }

  /** By hand, from the Web UI or the CLI. */
  async signal(name: string, ...args: unknown[]): Promise<void> {
    await this.handle.signal(name, ...(args as [unknown]));
  }

  /**
   * Resolves when the workflow has been handed `count` signals of this name although an activity of it
   * still runs: a task that waits for an activity is renewed after 1.6 s, and takes along what came.
   */
  async heard(name: string, count: number): Promise<void> {
    await eventually(`${count} signals ${name} to be heard`, async () => {
      const events = await this.history();
      const came = events.filter((one) => one.workflowExecutionSignaledEventAttributes?.signalName === name);
      const last = came.at(-1);
      if (last === undefined || came.length < count) return false;
      const after = events.slice(events.indexOf(last));
      return after.filter((one) => one.workflowTaskStartedEventAttributes != null).length >= 1;
    });
    // Started is not yet handed over: the worker takes it within milliseconds.
    await pause(200);
  }

  /** Bytes as they are, as a foreign client may send them. */
  async signalRaw(signalName: string, payloads: temporal.api.common.v1.IPayload[]): Promise<void> {
    await this.stage.connection.workflowService.signalWorkflowExecution({
      namespace: this.stage.ground.namespace,
      workflowExecution: { workflowId: workflowIdOf(this.id) },
      signalName,
      input: { payloads },
    });
  }

  /** What the workflow answered; it must have completed by now, or be about to. */
  async result(): Promise<unknown> {
    await eventually('the workflow to complete', async () => {
      const { status } = await this.handle.describe();
      if (status.name === 'RUNNING') return false;
      if (status.name !== 'COMPLETED') throw new Error(`it is ${status.name}`);
      return true;
    });
    return this.handle.result();
  }

  async history(): Promise<Event[]> {
    return (await this.rawHistory()).events ?? [];
  }

  rawHistory(): Promise<temporal.api.history.v1.IHistory> {
    return this.handle.fetchHistory();
  }

  /** This booking's first run, which may have gone on as a new one. */
  async firstRun(): Promise<Booked> {
    const [begun] = await this.history();
    return new Booked(
      this.stage,
      this.id,
      this.userId,
      begun?.workflowExecutionStartedEventAttributes?.firstExecutionRunId ?? undefined,
    );
  }

  /**
   * Ends the booking; one on its way has no timer and may stay. Answers null, or the types of its
   * history's events when its workflow does not come to its end: it is stuck.
   */
  async end(): Promise<string[] | null> {
    if (isOneOf(ON_THE_WAY, (await this.row()).status)) return null;
    try {
      await this.signal('cancel', {});
      await eventually('the end', async () => (await this.handle.describe()).status.name !== 'RUNNING');
      return null;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return null;
      return (await this.history()).map((one) => String(one.eventType));
    }
  }

  async terminate(): Promise<void> {
    await this.handle.terminate('end of the test');
  }
}

function tapOf(offer: OfferRow): { offerId: string; pilotId: string } {
  return { offerId: offer.id, pilotId: offer.pilot_id };
}
