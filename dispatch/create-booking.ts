import { createHash, randomUUID } from 'node:crypto';
import { inTransaction, type DispatchContext, type Transaction } from './context.js';
import {
  claimIdempotencyKey,
  findIdempotencyKey,
  insertBooking,
  nextBookingNumber,
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
import { KeyReusedError } from './errors.js';
import { orUnknownVehicleType } from './vehicle-types.js';
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

/**
 * Takes a booking: its row, its first search, its first event and the workflow's start in one
 * transaction. With the key of an earlier booking and the same body it answers that booking.
 * Throws KeyReusedError with another body, UnknownReferenceError for an unknown vehicle type.
 */
export function createBooking(context: DispatchContext, request: BookingRequest): Promise<Booking> {
  return inTransaction(context, async (tx) => {
    const named = { id: randomUUID(), number: await nextBookingNumber(tx.manager) };
    const earlier = await claimKey(tx, request, named.id);
    if (earlier !== null) return answer(tx.manager, earlier);
    const inserted = insertBooking(tx.manager, { ...named, ...request });
    tellOfBooking(tx, named, request);
    // The row, its event and its line for Temporal travel together.
    const [booking] = await Promise.all([inserted, tx.write()]);
    return toBooking({ ...booking, ...NO_PILOT }, 'user');
  }).catch(orUnknownVehicleType(request.body.vehicleTypeId));
}

function tellOfBooking(
  tx: Transaction,
  { id, number }: Pick<BookingRow, 'id' | 'number'>,
  { user, body, limits }: BookingRequest,
): void {
  const { vehicleTypeId } = body;
  tx.tidings.user({ id, user_id: user.id }, 'booking:created', {
    bookingNumber: bookingNumber({ number }),
    status: 'PENDING',
    message: MESSAGES.created,
  });
  tx.tellWorkflow(id, 'start', startOf({ id, number, vehicle_type_id: vehicleTypeId, limits }));
  tx.log('booking_created', { bookingId: id, bookingNumber: bookingNumber({ number }), vehicleTypeId });
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
export function startOf(
  booking: Pick<BookingRow, 'id' | 'number' | 'vehicle_type_id' | 'limits'>,
): Omit<BookingAssignmentInput, 'searchAttributes'> {
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
