/** Every REST call: who may make it, what it takes and answers. OpenAPI and the tests of access read it. */
import { z } from 'zod';
import type { TokenType } from './words.js';
import * as operate from './operator-shapes.js';
import * as pages from './page-shapes.js';
import * as payloads from './payload-shapes.js';
import * as take from './schemas.js';
import * as give from './shapes.js';

export interface Call {
  method: 'get' | 'post' | 'put';
  /** Express style: `/bookings/:id`. */
  path: string;
  summary: string;
  /** Token types that may call; `anyone` needs no token. */
  who: readonly TokenType[] | 'anyone';
  /** What stands in the path, where it is no uuid. */
  params?: Record<string, z.ZodType>;
  body?: z.ZodType;
  query?: z.ZodObject;
  /** Answer bodies by status; null is an empty body. */
  answers: Record<number, z.ZodType | null>;
  /** True when a state can forbid it (409). */
  conflicts?: boolean;
  headers?: Record<string, string>;
}

const user = ['user'] as const;
const pilot = ['pilot'] as const;
const admin = ['admin'] as const;
const userOrAdmin = ['user', 'admin'] as const;
const everyone = ['user', 'pilot', 'admin'] as const;

const call = (
  who: Call['who'],
  method: Call['method'],
  path: string,
  summary: string,
  rest: Omit<Call, 'who' | 'method' | 'path' | 'summary'>,
): Call => ({ who, method, path, summary, ...rest });

export const CALLS: readonly Call[] = [
  call(user, 'post', '/bookings', 'Book a pickup; the search for a pilot begins at once', {
    body: take.createBookingSchema,
    answers: { 201: give.bookingShape },
    headers: { 'Idempotency-Key': 'The same key and body within 24 h give the same booking' },
  }),
  call(everyone, 'get', '/bookings', 'Own bookings, newest first', {
    query: take.listBookingsQuery,
    answers: { 200: give.bookingPageShape },
  }),
  call(everyone, 'get', '/bookings/:id', 'One booking', { answers: { 200: give.bookingShape } }),
  call(userOrAdmin, 'get', '/bookings/:id/assignment', 'How the search stands', {
    answers: { 200: give.assignmentShape },
  }),
  call(userOrAdmin, 'post', '/bookings/:id/retry-assignment', 'Search again after a failed search', {
    body: take.optionalReasonSchema,
    answers: { 200: give.retryAnswerShape },
  }),
  call(userOrAdmin, 'post', '/bookings/:id/cancel', 'Cancel before pickup', {
    body: take.optionalReasonSchema,
    answers: { 200: give.bookingShape },
    conflicts: true,
  }),
  call(userOrAdmin, 'get', '/bookings/:id/events', 'What the user was or should have been sent', {
    query: take.eventsQuery,
    answers: { 200: z.array(give.eventShape) },
  }),
  call(everyone, 'get', '/vehicle-types', 'All vehicle types', {
    answers: { 200: give.vehicleTypePageShape },
  }),
  call(pilot, 'put', '/pilots/me/availability', 'Go online or offline', {
    body: take.availabilitySchema,
    answers: { 200: give.pilotShape },
    conflicts: true,
  }),
  call(pilot, 'put', '/pilots/me/location', 'Report the position', {
    body: take.locationSchema,
    answers: { 204: null },
  }),
  call(pilot, 'get', '/pilots/me', 'The pilot himself', { answers: { 200: give.pilotShape } }),
  call(pilot, 'get', '/pilots/me/offers', 'His live offers', { answers: { 200: z.array(give.offerShape) } }),
  call(pilot, 'get', '/pilots/me/job', 'His job', { answers: { 200: give.bookingShape, 204: null } }),
  call(pilot, 'post', '/offers/:id/accept', 'Accept an offer; final when it returns', {
    body: take.emptySchema,
    answers: { 200: give.acceptAnswerShape },
    conflicts: true,
  }),
  call(pilot, 'post', '/offers/:id/decline', 'Decline an offer', {
    body: take.optionalReasonSchema,
    answers: { 200: give.declineAnswerShape },
    conflicts: true,
  }),
  call(pilot, 'post', '/jobs/:bookingId/status', 'The next step of the job', {
    body: take.jobStatusSchema,
    answers: { 200: give.bookingShape },
    conflicts: true,
  }),
  call(pilot, 'post', '/jobs/:bookingId/release', 'Give the job back before pickup', {
    body: take.reasonSchema,
    answers: { 200: give.bookingShape },
    conflicts: true,
  }),
  call(admin, 'post', '/admin/pilots', 'Add a pilot', {
    body: take.createPilotSchema,
    answers: { 201: give.pilotShape },
  }),
  call(admin, 'get', '/admin/pilots', 'All pilots', {
    query: take.listPilotsQuery,
    answers: { 200: give.pilotPageShape },
  }),
  call(admin, 'post', '/admin/pilots/:id/offline', 'Set a pilot offline; a live offer is withdrawn', {
    body: take.optionalReasonSchema,
    answers: { 200: give.pilotShape },
    conflicts: true,
  }),
  call(admin, 'get', '/admin/vehicle-types', 'All vehicle types, with those that are paused', {
    answers: { 200: operate.operatedVehicleTypePageShape },
  }),
  call(admin, 'post', '/admin/vehicle-types/:id/pause', 'No new offers for this vehicle type', {
    params: { id: take.vehicleTypeId },
    body: take.optionalReasonSchema,
    answers: { 200: operate.operatedVehicleTypeShape },
  }),
  call(admin, 'post', '/admin/vehicle-types/:id/resume', 'Offers again for this vehicle type', {
    params: { id: take.vehicleTypeId },
    body: take.optionalReasonSchema,
    answers: { 200: operate.operatedVehicleTypeShape },
  }),
  call(
    admin,
    'get',
    '/admin/bookings/:id/explain',
    'The whole story of a booking, and why not other pilots',
    {
      answers: { 200: operate.explanationShape },
    },
  ),
  call(admin, 'get', '/admin/audit', 'Who did what and why, newest first', {
    query: take.auditQuery,
    answers: { 200: operate.auditPageShape },
  }),
  call(admin, 'post', '/admin/vehicle-types', 'Add a vehicle type', {
    body: take.createVehicleTypeSchema,
    answers: { 201: give.vehicleTypeShape },
    conflicts: true,
  }),
  call(admin, 'get', '/admin/assignments/stats', 'Counts of searches and their outcome', {
    answers: { 200: give.statsShape },
  }),
  call(admin, 'get', '/admin/searches', 'The latest search of each booking, newest booking first', {
    query: take.listSearchesQuery,
    answers: { 200: pages.searchPageShape },
  }),
  call(admin, 'get', '/admin/pilots/positions', 'Where the pilots are who are online, and what they do', {
    answers: { 200: pages.pilotMapShape },
  }),
  call(admin, 'get', '/admin/events', 'The latest events of all bookings, newest first', {
    query: take.recentEventsQuery,
    answers: { 200: z.array(pages.recentEventShape) },
  }),
  call(admin, 'get', '/admin/bookings', 'All bookings; `q` finds number, address, customer or pilot', {
    query: take.listAdminBookingsQuery,
    answers: { 200: give.bookingPageShape },
  }),
  call(admin, 'post', '/admin/bookings/:id/assign', 'Assign by hand, without an offer', {
    body: take.assignByHandSchema,
    answers: { 200: give.bookingShape },
    conflicts: true,
  }),
  call(admin, 'post', '/admin/bookings/:id/release', 'Take a job back from its pilot', {
    body: take.reasonSchema,
    answers: { 200: give.bookingShape },
    conflicts: true,
  }),
  call(admin, 'post', '/admin/codec/decode', "Decrypt payloads, for Temporal's Web UI and CLI", {
    body: payloads.givenPayloadsSchema,
    answers: { 200: payloads.codedPayloadsShape },
  }),
  call(admin, 'post', '/admin/codec/encode', "Encrypt payloads, for Temporal's Web UI and CLI", {
    body: payloads.givenPayloadsSchema,
    answers: { 200: payloads.codedPayloadsShape },
  }),
  call(admin, 'post', '/admin/tokens/revoke', 'Refuse a token, or all that a subject has until now', {
    body: take.revokeSchema,
    answers: { 204: null },
  }),
  call('anyone', 'get', '/health/live', 'The process is alive', { answers: { 200: give.healthShape } }),
  call('anyone', 'get', '/health/ready', 'It can take requests', {
    answers: { 200: give.healthShape, 503: give.healthShape },
  }),
  call('anyone', 'get', '/metrics', 'Prometheus metrics; needs METRICS_TOKEN where it is set', {
    answers: { 200: null },
  }),
  call('anyone', 'get', '/pages/config', 'What the pages need to know before anybody has a token', {
    answers: { 200: pages.pagesConfigShape },
  }),
  call('anyone', 'post', '/demo/token', 'A token to try with; only with DEMO=true', {
    body: take.demoTokenSchema,
    answers: { 200: give.demoTokenShape },
  }),
  call(
    admin,
    'post',
    '/demo/pilots',
    'Simulated pilots near a place, online when it answers; with DEMO=true',
    {
      body: take.addDemoPilotsSchema,
      answers: { 201: pages.demoPilotsAddedShape },
      conflicts: true,
    },
  ),
];
