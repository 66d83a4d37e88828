/** zod schemas of what the system answers and sends. OpenAPI and AsyncAPI are made of these. */
import { z } from 'zod';
import { ASSIGNMENT_STATUSES, BOOKING_STATUSES, OFFER_END_REASONS } from './words.js';
import { CONFLICT_CODES } from './problems.js';

const id = z.guid();
const time = z.iso.datetime();
const latLng = { lat: z.number(), lng: z.number() };

export const placeShape = z.object({ ...latLng, address: z.string() }).meta({ id: 'PlaceView' });
export const packageShape = z
  .object({ description: z.string(), weightKg: z.number().optional() })
  .meta({ id: 'PackageView' });
export const paymentShape = z
  .object({
    method: z.enum(['PREPAID', 'COD']),
    amount: z.number().optional(),
    currency: z.string().optional(),
  })
  .meta({ id: 'PaymentView' });
export const pilotCardShape = z
  .object({
    id,
    name: z.string(),
    phone: z.string().nullable(),
    avatar: z.string().nullable(),
    rating: z.number().nullable(),
  })
  .meta({ id: 'PilotCard', description: 'What a customer sees of the pilot' });
export const userCardShape = z
  .object({ name: z.string(), phone: z.string().optional() })
  .meta({ id: 'UserCard', description: 'What the pilot on the job sees of the customer' });

export const bookingShape = z
  .object({
    id,
    bookingNumber: z.string(),
    status: z.enum(BOOKING_STATUSES),
    userId: id,
    pickup: placeShape,
    dropoff: placeShape,
    vehicleTypeId: z.string(),
    package: packageShape.nullable(),
    payment: paymentShape.nullable(),
    note: z.string().nullable(),
    pilot: pilotCardShape.nullable(),
    user: userCardShape.optional(),
    createdAt: time,
    assignedAt: time.nullable(),
    deliveredAt: time.nullable(),
    cancelledAt: time.nullable(),
  })
  .meta({ id: 'Booking' });
export type Booking = z.infer<typeof bookingShape>;

export const assignmentShape = z
  .object({
    bookingId: id,
    isSearching: z.boolean(),
    triedPilots: z.number().int(),
    status: z.enum(ASSIGNMENT_STATUSES),
    elapsedMs: z.number().int(),
    searchEndsAt: time.nullable(),
    canRetry: z.boolean(),
    canCancel: z.boolean(),
  })
  .meta({ id: 'Assignment' });
export type Assignment = z.infer<typeof assignmentShape>;

export const pilotShape = z
  .object({
    id,
    name: z.string(),
    phone: z.string().nullable(),
    vehicleTypeId: z.string(),
    avatar: z.string().nullable(),
    rating: z.number().nullable(),
    online: z.boolean(),
    position: z
      .object({ ...latLng, at: time })
      .meta({ id: 'PilotPosition' })
      .nullable(),
  })
  .meta({ id: 'Pilot' });
export type Pilot = z.infer<typeof pilotShape>;

export const offerShape = z
  .object({
    offerId: id,
    bookingId: id,
    bookingNumber: z.string(),
    pickup: placeShape,
    dropoff: placeShape,
    distanceKm: z.number(),
    tripKm: z.number(),
    vehicleTypeId: z.string(),
    package: packageShape.nullable(),
    payment: paymentShape.nullable(),
    expiresAt: time,
    remainingSeconds: z.number().int(),
    totalSeconds: z.number().int(),
    serverTime: time,
    at: time,
  })
  .meta({ id: 'Offer' });
export type Offer = z.infer<typeof offerShape>;

export const statsShape = z
  .object({
    pendingBookings: z.number().int(),
    activeAssignments: z.number().int(),
    failedAssignments: z.number().int(),
    assignedBookings: z.number().int(),
    successRate: z.number().nullable(),
  })
  .meta({ id: 'AssignmentStats' });
export type AssignmentStats = z.infer<typeof statsShape>;

export const eventShape = z
  .object({
    seq: z.number().int(),
    event: z.string(),
    payload: z.record(z.string(), z.unknown()),
    at: time,
  })
  .meta({ id: 'BookingEvent' });
export type BookingEvent = z.infer<typeof eventShape>;

export const vehicleTypeShape = z.object({ id: z.string(), name: z.string() }).meta({ id: 'VehicleType' });
export type VehicleType = z.infer<typeof vehicleTypeShape>;

/** A page of a list; `nextCursor` is null on the last. */
const page = (id: string, item: z.ZodType) =>
  z.object({ items: z.array(item), nextCursor: z.string().nullable() }).meta({ id });
export const bookingPageShape = page('BookingPage', bookingShape);
export const pilotPageShape = page('PilotPage', pilotShape);
export const vehicleTypePageShape = page('VehicleTypePage', vehicleTypeShape);
export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

export const retryAnswerShape = z
  .object({ success: z.literal(true), message: z.string() })
  .meta({ id: 'RetryAnswer' });
export const acceptAnswerShape = z
  .object({ outcome: z.literal('ASSIGNED'), booking: bookingShape })
  .meta({ id: 'AcceptAnswer' });
export type AcceptAnswer = z.infer<typeof acceptAnswerShape>;
export const declineAnswerShape = z.object({ outcome: z.literal('DECLINED') }).meta({ id: 'DeclineAnswer' });
export const demoTokenShape = z.object({ token: z.string(), id }).meta({ id: 'DemoToken' });
export const healthShape = z
  .object({
    status: z.enum(['ok', 'unavailable']),
    postgres: z.enum(['up', 'down']).optional(),
    temporal: z.enum(['up', 'down', 'starting']).optional(),
    worker: z.enum(['up', 'down', 'starting']).optional(),
    detail: z.string().optional(),
  })
  .meta({ id: 'Health' });

export const problemShape = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    instance: z.string().optional(),
    code: z.enum(CONFLICT_CODES).optional(),
    errors: z
      .array(z.object({ field: z.string(), message: z.string() }).meta({ id: 'FieldError' }))
      .optional(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457 problem document' });
export type Problem = z.infer<typeof problemShape>;

/* ---- socket payloads ---- */

const stamped = { at: time };
const toUser = { bookingId: id, seq: z.number().int(), ...stamped };
const says = { ...toUser, message: z.string() };
const question = { ...says, canRetry: z.literal(true), canCancel: z.literal(true) };

/** Events of one booking to its user: stored, numbered, replayed. */
export const userEventShapes = {
  'booking:created': z.object({ ...says, bookingNumber: z.string(), status: z.enum(BOOKING_STATUSES) }),
  'booking:search_started': z.object(says),
  'booking:offer_sent': z.object({ ...says, pilotNumber: z.number().int() }),
  'booking:offer_expired': z.object({ ...says, reason: z.literal('offline').optional() }),
  'booking:offer_declined': z.object(says),
  'booking:driver_assigned': z.object({
    ...says,
    pilot: pilotCardShape,
    distanceKm: z.number().nullable(),
    etaSeconds: z.number().int().nullable(),
  }),
  'booking:no_pilots': z.object(question),
  'booking:search_timeout': z.object(question),
  'booking:cancelled': z.object({ ...says, by: z.enum(['user', 'admin']) }),
  'booking:driver_released': z.object(says),
  'booking:driver_unreachable': z.object({ ...says, canCancel: z.literal(true) }),
  'booking:status': z.object({ ...says, status: z.enum(BOOKING_STATUSES) }),
} as const;

/** To the user, not stored: only the latest matters. */
export const userLiveShapes = {
  'booking:pilot_location': z
    .object({
      bookingId: id,
      ...latLng,
      heading: z.number().nullable(),
      distanceKm: z.number(),
      etaSeconds: z.number().int(),
      ...stamped,
    })
    .meta({ id: 'UserBookingPilotLocation' }),
} as const;

export const pilotEventShapes = {
  'booking:offer': offerShape,
  'offer:expired': z.object({ offerId: id, bookingId: id, reason: z.enum(OFFER_END_REASONS), ...stamped }),
  'job:assigned': bookingShape.extend(stamped).meta({ id: 'Job' }),
  'booking:cancelled': z.object({
    bookingId: id,
    by: z.enum(['user', 'admin']),
    message: z.string(),
    ...stamped,
  }),
} as const;

export const adminEventShapes = {
  'booking:assigned': z.object({ bookingId: id, pilotId: id, pilotName: z.string(), ...stamped }),
  'booking:no_pilots': z.object({
    bookingId: id,
    reason: z.string(),
    triedPilots: z.number().int(),
    ...stamped,
  }),
  'booking:search_timeout': z.object({ bookingId: id, triedPilots: z.number().int(), ...stamped }),
  'booking:driver_unreachable': z.object({ bookingId: id, pilotId: id, ...stamped }),
  'assignments:stats': statsShape.extend(stamped),
} as const;

type Payloads<T> = { [K in keyof T]: T[K] extends z.ZodType ? z.infer<T[K]> : never };
export type UserEvents = Payloads<typeof userEventShapes>;
export type UserLiveEvents = Payloads<typeof userLiveShapes>;
export type PilotEvents = Payloads<typeof pilotEventShapes>;
export type AdminEvents = Payloads<typeof adminEventShapes>;
