/** zod schemas of what clients send: each field with its limits; unknown fields are refused. */
import { z } from 'zod';
import { MOST_DEMO_PILOTS_AT_ONCE, TEXT_LIMITS } from './limits.js';
import { BOOKING_STATUSES, JOB_STATUSES, SEARCH_STATES, TOKEN_TYPES } from './words.js';

/** Half of a character: JSON can carry it, Postgres cannot keep it. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/** Text of 1..`max` characters (as code points, so that one emoji is one), without NUL. */
export const text = (max: number, min = 1) =>
  z
    .string()
    .refine((value) => !value.includes('\u0000'), { error: 'must not contain NUL' })
    .refine((value) => !LONE_SURROGATE.test(value), { error: 'must be well-formed Unicode' })
    .refine((value) => value.trim().length >= min, { error: min > 0 ? 'must not be empty' : 'too short' })
    .refine((value) => Array.from(value.slice(0, 2 * max + 2)).length <= max, {
      error: `must be at most ${max} characters`,
    })
    .meta({ minLength: min, maxLength: max });

export const uuid = z.guid('must be a uuid').transform((value) => value.toLowerCase());
/** Below a billionth of a degree is zero: Postgres' functions of an angle refuse to underflow. */
const degrees = (most: number) =>
  z
    .number()
    .min(-most)
    .max(most)
    .overwrite((value) => (Math.abs(value) < 1e-9 ? 0 : value));
export const lat = degrees(90);
export const lng = degrees(180);
export const isoTime = z.iso.datetime({ offset: true });

export const placeSchema = z
  .strictObject({ lat, lng, address: text(TEXT_LIMITS.address) })
  .meta({ id: 'Place', description: 'A place, degrees WGS 84, with its address' });

export const packageSchema = z
  .strictObject({
    description: text(TEXT_LIMITS.description),
    weightKg: z.number().min(0).max(10_000).optional(),
  })
  .meta({ id: 'Package' });

export const paymentSchema = z
  .strictObject({
    method: z.enum(['PREPAID', 'COD']),
    amount: z.number().min(0).max(1_000_000_000).optional(),
    currency: z
      .string()
      .regex(/^[A-Z]{3}$/, 'must be an ISO 4217 code such as CAD')
      .optional(),
  })
  .refine((payment) => payment.method !== 'COD' || payment.amount !== undefined, {
    path: ['amount'],
    error: 'is required when method is COD',
  })
  .meta({ id: 'Payment' });

export const vehicleTypeId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,39}$/, 'must be 1 to 40 of a-z, 0-9, _ and -');

export const createBookingSchema = z
  .strictObject({
    pickup: placeSchema,
    dropoff: placeSchema,
    vehicleTypeId,
    package: packageSchema.optional(),
    payment: paymentSchema.optional(),
    note: text(TEXT_LIMITS.note, 0).optional(),
  })
  .meta({ id: 'CreateBooking' });
export type CreateBooking = z.infer<typeof createBookingSchema>;

export const emptySchema = z.strictObject({}).meta({ id: 'Empty' });
export const optionalReasonSchema = z
  .strictObject({ reason: text(TEXT_LIMITS.reason, 0).optional() })
  .meta({ id: 'OptionalReason' });
export const reasonSchema = z.strictObject({ reason: text(TEXT_LIMITS.reason) }).meta({ id: 'Reason' });

export const availabilitySchema = z.strictObject({ online: z.boolean() }).meta({ id: 'Availability' });

export const locationSchema = z
  .strictObject({
    lat,
    lng,
    heading: z.number().min(0).max(360).optional(),
    speedKph: z.number().min(0).max(2_000).optional(),
    at: isoTime.optional(),
  })
  .meta({ id: 'Location' });
export type Location = z.infer<typeof locationSchema>;

export const jobStatusSchema = z.strictObject({ status: z.enum(JOB_STATUSES) }).meta({ id: 'JobStep' });

export const createPilotSchema = z
  .strictObject({
    name: text(TEXT_LIMITS.name),
    phone: text(TEXT_LIMITS.phone),
    vehicleTypeId,
    avatar: text(TEXT_LIMITS.url).nullish(),
    rating: z.number().min(0).max(5).nullish(),
  })
  .meta({ id: 'CreatePilot' });
export type CreatePilot = z.infer<typeof createPilotSchema>;

export const createVehicleTypeSchema = z
  .strictObject({ id: vehicleTypeId, name: text(TEXT_LIMITS.name) })
  .meta({ id: 'CreateVehicleType' });
export const assignByHandSchema = z
  .strictObject({ pilotId: uuid, reason: text(TEXT_LIMITS.reason, 0).optional() })
  .meta({ id: 'AssignByHand' });
export const revokeSchema = z
  .union([z.strictObject({ sub: uuid }), z.strictObject({ jti: text(200) })])
  .meta({ id: 'RevokeToken' });
export const demoTokenSchema = z
  .strictObject({
    type: z.enum(TOKEN_TYPES),
    id: uuid.optional(),
    name: text(TEXT_LIMITS.name).optional(),
    phone: text(TEXT_LIMITS.phone).optional(),
  })
  .meta({ id: 'DemoTokenRequest' });

export const addDemoPilotsSchema = z
  .strictObject({ count: z.number().int().min(1).max(MOST_DEMO_PILOTS_AT_ONCE), lat, lng })
  .meta({ id: 'AddDemoPilots', description: 'How many, and near which place, degrees WGS 84' });
export type AddDemoPilots = z.infer<typeof addDemoPilotsSchema>;

const limit = z.coerce.number().int().min(1).max(100).default(20);
const cursor = text(200).optional();
export const listBookingsQuery = z.strictObject({
  status: z.enum(BOOKING_STATUSES).optional(),
  limit,
  cursor,
});
export const listAdminBookingsQuery = z.strictObject({
  status: z.enum(BOOKING_STATUSES).optional(),
  q: text(100).optional(),
  limit,
  cursor,
});
export const listSearchesQuery = z.strictObject({
  state: z.enum(SEARCH_STATES).default('open'),
  vehicleTypeId: vehicleTypeId.optional(),
  q: text(100).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
  cursor,
});
export const recentEventsQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50),
});
/** `actor`: an id, or the name that a signal by hand gave. */
export const auditQuery = z.strictObject({
  bookingId: uuid.optional(),
  actor: text(64).optional(),
  limit,
  cursor,
});
export const listPilotsQuery = z.strictObject({ limit, cursor });
export const eventsQuery = z.strictObject({
  after: z.coerce.number().int().min(0).max(2_147_483_647).default(0),
});

/** Socket messages from clients. */
export const syncMessage = z
  .strictObject({ bookingId: uuid, afterSeq: z.number().int().min(0).max(2_147_483_647) })
  .meta({ id: 'SyncMessage' });
export const offerReceivedMessage = z.strictObject({ offerId: uuid }).meta({ id: 'OfferReceivedMessage' });
