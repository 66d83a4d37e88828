/** The transactions of dispatch over a database of the test's own, with an emitter that remembers. */
import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import type { Standing } from '../../contract/activities.js';
import { DEFAULT_LIMITS, type SearchLimits } from '../../contract/limits.js';
import type { CreateBooking } from '../../contract/schemas.js';
import type { Booking } from '../../contract/shapes.js';
import { createDataSource } from '../../database/data-source.js';
import { rows } from '../../database/query.js';
import { openTransaction } from '../../database/transaction.js';
import type { OutboxRow } from '../../database/statements/outbox.js';
import { claimNextPilot } from '../../dispatch/claim-next-pilot.js';
import type { DispatchContext, LogFields, LogPoint } from '../../dispatch/context.js';
import { createBooking } from '../../dispatch/create-booking.js';
import type { Emission, Emitter } from '../../events/emitter.js';
import { createTestDatabase } from './database.js';
import { northOf } from './places.js';

/** An emitter that remembers what it was given inside of the transaction and what after the commit. */
export class RecordingEmitter implements Emitter {
  /** Handed over inside of transactions, those that rolled back later too. */
  readonly prepared: Emission[] = [];
  /** What went out. */
  readonly sent: Emission[] = [];
  /** Set to make the hand-over inside of the transaction fail. */
  failWith: Error | undefined;

  beforeCommit: Emitter['beforeCommit'] = (manager, emissions) => {
    if (manager.queryRunner === undefined || openTransaction(manager.queryRunner) === undefined)
      throw new Error('beforeCommit outside of a transaction');
    if (this.failWith !== undefined) throw this.failWith;
    this.prepared.push(...structuredClone(emissions));
    return Promise.resolve();
  };

  afterCommit: Emitter['afterCommit'] = (emissions) => {
    this.sent.push(...structuredClone(emissions));
    return Promise.resolve();
  };

  close = (): Promise<void> => Promise.resolve();

  /** What went to a room, and of one booking where it is given, as `[event, payload]`. */
  to(room: string, bookingId?: string): [string, Record<string, unknown>][] {
    return this.sent
      .filter(
        (one) => one.room === room && (bookingId === undefined || one.payload['bookingId'] === bookingId),
      )
      .map((one) => [one.event, one.payload]);
  }
}

export interface Fixture {
  context: DispatchContext;
  source: DataSource;
  url: string;
  emitter: RecordingEmitter;
  /** Handed over for Temporal right after their commit. */
  delivered: OutboxRow[];
  logs: [LogPoint, LogFields][];
  query: <T = Record<string, unknown>>(sql: string, parameters?: unknown[]) => Promise<T[]>;
  close: () => Promise<void>;
}

/** A fresh database with its own pool; `poolSize` is what really runs at once. */
export async function openDispatch(poolSize = 20): Promise<Fixture> {
  const database = await createTestDatabase();
  const source = createDataSource({
    url: database.url,
    poolSize,
    applicationName: 'dispatch-test',
    onPoolError: () => undefined,
  });
  await source.initialize();
  const emitter = new RecordingEmitter();
  const delivered: OutboxRow[] = [];
  const logs: [LogPoint, LogFields][] = [];
  return {
    context: {
      source,
      emitter,
      log: (point, fields) => logs.push([point, fields]),
      deliver: (lines) => void delivered.push(...lines),
    },
    source,
    url: database.url,
    emitter,
    delivered,
    logs,
    query: (sql, parameters) => rows(source.manager, sql, parameters),
    close: async () => {
      await source.destroy();
      await database.drop();
    },
  };
}

export interface Customer {
  id: string;
  name: string;
  phone: string | null;
}

export const customer = (): Customer => ({
  id: randomUUID(),
  name: 'Ann Customer',
  phone: '+1 514 555 0100',
});

/** Opens so many connections of the pool: what races afterwards is the statements alone. */
export async function openConnections({ source }: Fixture, number: number): Promise<void> {
  const runners = Array.from({ length: number }, () => source.createQueryRunner());
  for (const runner of runners) await runner.connect();
  for (const runner of runners) await runner.release();
}

/** A body of `POST /bookings`, from `pickup` to 3 km north of it. */
export function bodyFrom(
  pickup: { lat: number; lng: number },
  rest: Partial<CreateBooking> = {},
): CreateBooking {
  return {
    pickup: { ...pickup, address: '1 Pickup Street' },
    dropoff: { ...northOf(pickup, 3), address: '2 Drop-off Road' },
    vehicleTypeId: 'bike',
    ...rest,
  };
}

/** A booking as the API makes it, its limits changed where `limits` says so. */
export function book(
  { context }: Fixture,
  pickup: { lat: number; lng: number },
  limits: Partial<SearchLimits> = {},
  user: Customer = customer(),
  rest: Partial<CreateBooking> = {},
): Promise<Booking> {
  return createBooking(context, {
    user,
    body: bodyFrom(pickup, rest),
    limits: { ...DEFAULT_LIMITS, ...limits },
  });
}

/** What the workflow does next for a booking: one claim with a new offer id. */
export function claim({ context }: Fixture, booking: { id: string }): Promise<Standing> {
  return claimNextPilot(context, { bookingId: booking.id, offerId: randomUUID() });
}

/** A claim that must end in an offer; answers it. */
export async function offerOf(fixture: Fixture, booking: { id: string }) {
  const standing = await claim(fixture, booking);
  if (standing.kind !== 'offered') throw new Error(`expected an offer, got ${JSON.stringify(standing)}`);
  return standing.offer;
}

/**
 * As if `ms` milliseconds had passed for this booking: each of its times, and those of its searches and
 * offers, moves that far into the past. Waiting without waiting.
 */
export async function letPass(
  { query }: Pick<Fixture, 'query'>,
  booking: { id: string },
  ms: number,
): Promise<void> {
  const back = (column: string): string =>
    `${column} = ${column} - $2::double precision * interval '1 millisecond'`;
  const move = (table: string, key: string, columns: string[]): Promise<unknown> =>
    query(`UPDATE ${table} SET ${columns.map(back).join(', ')} WHERE ${key} = $1`, [booking.id, ms]);
  await move('bookings', 'id', ['created_at', 'assigned_at', 'delivered_at', 'cancelled_at']);
  await move('searches', 'booking_id', ['created_at', 'started_at', 'ends_at', 'ended_at', 'waiting_until']);
  await move('offers', 'booking_id', ['offered_at', 'expires_at', 'accepted_at', 'ended_at']);
}
