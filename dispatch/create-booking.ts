import { createHash, randomUUID } from 'node:crypto';
import { inTransaction, sqlState, type DispatchContext, type Transaction } from './context.js';
import {
  claimIdempotencyKey,
  findIdempotencyKey,
  insertBooking,
  type KeyRow,
} from '../database/statements/bookings.js';
import { selectBookingView, type BookingViewRow } from '../database/statements/lists.js';
import type { Manager } from '../database/query.js';
import type { BookingRow } from '../database/rows.js';
import type { Booking } from '../contract/shapes.js';
import type { CreateBooking } from '../contract/schemas.js';
import type { BookingAssignmentInput } from '../contract/workflow.js';
import { IDEMPOTENCY_MS, type SearchLimits } from '../contract/limits.js';
import { MESSAGES } from '../contract/messages.js';
import { KeyReusedError, UnknownReferenceError } from './errors.js';
import { bookingNumber, toBooking } from './views.js';

export interface BookingRequest {
  user: { id: string; name: string; phone: string | null };
  body: CreateBooking;
  /** As configured now; the booking keeps them. */
  limits: SearchLimits;
  idempotencyKey?: string;
}

/** The card of the pilot that a new booking does not have yet. */
const NO_PILOT = { pilot_name: null, pilot_phone: null, pilot_avatar: null, pilot_rating: null };
/** SQLSTATE of a foreign key that names nothing: the vehicle type. */
const FOREIGN_KEY = '23503';

/**
 * Takes a booking: its row, its first search, its first event and the workflow's start in one
 * transaction. With the key of an earlier booking and the same body it answers that booking.
 * Throws KeyReusedError with another body, UnknownReferenceError for an unknown vehicle type.
 */
export async function createBooking(context: DispatchContext, request: BookingRequest): Promise<Booking> {
  try {
    return await inTransaction(context, async (tx) => {
      const bookingId = randomUUID();
      const earlier = await claimKey(tx, request, bookingId);
      if (earlier !== null) return answer(tx.manager, earlier);
      const booking = await insertBooking(tx.manager, { id: bookingId, ...request });
      tx.tidings.user(booking, 'booking:created', {
        bookingNumber: bookingNumber(booking),
        status: 'PENDING',
        message: MESSAGES.created,
      });
      await tx.tellWorkflow(bookingId, 'start', startOf(booking));
      tx.log('booking_created', {
        bookingId,
        bookingNumber: bookingNumber(booking),
        vehicleTypeId: booking.vehicle_type_id,
      });
      return toBooking({ ...booking, ...NO_PILOT }, 'user');
    });
  } catch (error) {
    if (sqlState(error) === FOREIGN_KEY)
      throw new UnknownReferenceError('vehicleTypeId', `no vehicle type '${request.body.vehicleTypeId}'`);
    throw error;
  }
}

/**
 * The booking that was made with the request's key, if there is one; makes none. Throws KeyReusedError when it was
 * made with another body.
 */
export async function earlierBooking(
  { source: { manager } }: DispatchContext,
  request: BookingRequest,
): Promise<Booking | null> {
  if (request.idempotencyKey === undefined) return null;
  const used = await findIdempotencyKey(manager, {
    userId: request.user.id,
    key: request.idempotencyKey,
    validMs: IDEMPOTENCY_MS,
  });
  return used === null ? null : answer(manager, bookingOf(used, hashOf(request.body)));
}

/** What a workflow of this booking is started with; the client adds whether the cluster knows our attributes. */
export function startOf(booking: BookingRow): Omit<BookingAssignmentInput, 'searchAttributes'> {
  return {
    bookingId: booking.id,
    bookingNumber: bookingNumber(booking),
    vehicleTypeId: booking.vehicle_type_id,
    limits: booking.limits,
  };
}

async function claimKey(tx: Transaction, request: BookingRequest, bookingId: string): Promise<string | null> {
  if (request.idempotencyKey === undefined) return null;
  const bodyHash = hashOf(request.body);
  const used = await claimIdempotencyKey(tx.manager, {
    userId: request.user.id,
    key: request.idempotencyKey,
    bodyHash,
    bookingId,
    validMs: IDEMPOTENCY_MS,
  });
  return used === null ? null : bookingOf(used, bodyHash);
}

function bookingOf(used: KeyRow, bodyHash: string): string {
  if (used.body_hash !== bodyHash)
    throw new KeyReusedError('this Idempotency-Key was used with another body');
  return used.booking_id;
}

async function answer(manager: Manager, bookingId: string): Promise<Booking> {
  return toBooking((await selectBookingView(manager, bookingId)) as BookingViewRow, 'user');
}

/** The same for equal bodies, whatever the order of their fields. */
function hashOf(body: unknown): string {
  return createHash('sha256').update(canonical(body)).digest('hex');
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`).join(',')}}`;
}
