// The table of calls, the rooms and the texts: as the contract has them, word for word.
import { z } from 'zod';
import { CALLS } from '../../contract/calls.js';
import { MESSAGES, STATUS_MESSAGES } from '../../contract/messages.js';
import { ADMIN_ROOM, pilotRoom, userRoom } from '../../contract/rooms.js';
import {
  adminEventShapes,
  pilotEventShapes,
  userEventShapes,
  userLiveShapes,
} from '../../contract/shapes.js';
import {
  SEARCH_ATTRIBUTES,
  SIGNALS,
  STATUS_QUERY,
  TASK_QUEUE,
  WORKFLOW_TYPE,
  workflowIdOf,
} from '../../contract/workflow.js';
import * as words from '../../contract/words.js';

/** Contract 3, by hand: method, path, who, status of success. */
const WANTED = `
post /bookings user 201
get /bookings user,pilot,admin 200
get /bookings/:id user,pilot,admin 200
get /bookings/:id/assignment user,admin 200
post /bookings/:id/retry-assignment user,admin 200
post /bookings/:id/cancel user,admin 200
get /bookings/:id/events user,admin 200
get /vehicle-types user,pilot,admin 200
put /pilots/me/availability pilot 200
put /pilots/me/location pilot 204
get /pilots/me pilot 200
get /pilots/me/offers pilot 200
get /pilots/me/job pilot 200,204
post /offers/:id/accept pilot 200
post /offers/:id/decline pilot 200
post /jobs/:bookingId/status pilot 200
post /jobs/:bookingId/release pilot 200
post /admin/pilots admin 201
get /admin/pilots admin 200
get /admin/vehicle-types admin 200
post /admin/vehicle-types admin 201
post /admin/pilots/:id/offline admin 200
post /admin/vehicle-types/:id/pause admin 200
post /admin/vehicle-types/:id/resume admin 200
get /admin/bookings/:id/explain admin 200
get /admin/audit admin 200
get /admin/assignments/stats admin 200
get /admin/searches admin 200
get /admin/pilots/positions admin 200
get /admin/events admin 200
get /admin/bookings admin 200
post /admin/bookings/:id/assign admin 200
post /admin/bookings/:id/release admin 200
post /admin/codec/decode admin 200
post /admin/codec/encode admin 200
post /admin/tokens/revoke admin 204
get /health/live anyone 200
get /health/ready anyone 200,503
get /metrics anyone 200
get /pages/config anyone 200
post /demo/token anyone 200
post /demo/pilots admin 201`.trim();

it('every call of the contract, and no other', () => {
  const told = CALLS.map((call) =>
    [call.method, call.path, [call.who].flat().join(','), Object.keys(call.answers).join(',')].join(' '),
  );
  expect(told.sort()).toEqual(WANTED.split('\n').sort());
});

it('each that changes something takes a body, and each body refuses unknown fields', () => {
  for (const call of CALLS) {
    expect([call.path, call.body !== undefined]).toEqual([call.path, call.method !== 'get']);
    if (call.body === undefined) continue;
    const result = call.body.safeParse({ someUnknownField: 1 });
    expect([call.path, result.success]).toEqual([call.path, false]);
  }
  for (const call of CALLS)
    if (call.query) expect(call.query.safeParse({ someUnknownField: '1' }).success).toBe(false);
});

it('each that a state can forbid says so', () => {
  const conflicts = CALLS.filter((call) => call.conflicts === true).map((call) => call.path);
  for (const path of [
    '/bookings/:id/cancel',
    '/pilots/me/availability',
    '/offers/:id/accept',
    '/offers/:id/decline',
    '/jobs/:bookingId/status',
    '/jobs/:bookingId/release',
    '/admin/bookings/:id/assign',
    '/admin/bookings/:id/release',
  ])
    expect(conflicts).toContain(path);
});

it('events to the user, word for word', () => {
  expect(MESSAGES.created).toBe('Booking created! Finding a driver...');
  expect(MESSAGES.searchStarted).toBe('Finding a driver for you...');
  expect(MESSAGES.searchRestarted).toBe('Searching for drivers again...');
  expect(MESSAGES.offerSent(3)).toBe('Offer sent to driver 3...');
  expect(MESSAGES.offerExpired).toBe('Driver did not respond. Finding another driver...');
  expect(MESSAGES.offerDeclined).toBe('Driver declined. Finding another driver...');
  expect(MESSAGES.accepted('Pia')).toBe('Pia has accepted your booking!');
  expect(MESSAGES.assignedByHand('Pia')).toBe('Pia is your driver.');
  expect(MESSAGES.maxPilots).toBe('Maximum retry attempts reached');
  expect(MESSAGES.nobodyNear).toBe('No pilots available in your area');
  expect(MESSAGES.searchTimeout).toBe('No drivers available at the moment. Would you like to try again?');
  expect(MESSAGES.cancelled).toBe('Your booking was cancelled.');
  expect(MESSAGES.released).toBe('Driver had to give your booking back. Finding another driver...');
  expect(MESSAGES.unreachable).toBe('We cannot reach your driver.');
  expect(STATUS_MESSAGES.EXPIRED).toBe('Your booking has expired.');
  expect(Object.keys(STATUS_MESSAGES).sort()).toEqual([
    'ARRIVED',
    'DELIVERED',
    'EXPIRED',
    'IN_TRANSIT',
    'PICKED_UP',
  ]);
});

it('events and their fields, as the tables of contract 4 have them', () => {
  const fields = (shapes: Record<string, z.ZodObject>) =>
    Object.fromEntries(
      Object.entries(shapes).map(([event, shape]) => [event, Object.keys(shape.shape).sort().join(' ')]),
    );
  expect(fields(userEventShapes)).toEqual({
    'booking:created': 'at bookingId bookingNumber message seq status',
    'booking:search_started': 'at bookingId message seq',
    'booking:offer_sent': 'at bookingId message pilotNumber seq',
    'booking:offer_expired': 'at bookingId message reason seq',
    'booking:offer_declined': 'at bookingId message seq',
    'booking:driver_assigned': 'at bookingId distanceKm etaSeconds message pilot seq',
    'booking:no_pilots': 'at bookingId canCancel canRetry message seq',
    'booking:search_timeout': 'at bookingId canCancel canRetry message seq',
    'booking:cancelled': 'at bookingId by message seq',
    'booking:driver_released': 'at bookingId message seq',
    'booking:driver_unreachable': 'at bookingId canCancel message seq',
    'booking:status': 'at bookingId message seq status',
  });
  expect(fields(userLiveShapes)).toEqual({
    'booking:pilot_location': 'at bookingId distanceKm etaSeconds heading lat lng',
  });
  expect(Object.keys(pilotEventShapes)).toEqual([
    'booking:offer',
    'offer:expired',
    'job:assigned',
    'booking:cancelled',
  ]);
  expect(fields(adminEventShapes)).toEqual({
    'booking:assigned': 'at bookingId pilotId pilotName',
    'booking:no_pilots': 'at bookingId reason triedPilots',
    'booking:search_timeout': 'at bookingId triedPilots',
    'booking:driver_unreachable': 'at bookingId pilotId',
    'assignments:stats':
      'activeAssignments assignedBookings at failedAssignments pendingBookings successRate',
  });
});

it('words, rooms and names that outlive a deployment', () => {
  expect(words.BOOKING_STATUSES.join(' ')).toBe(
    'PENDING ASSIGNED ARRIVED PICKED_UP IN_TRANSIT DELIVERED CANCELLED EXPIRED',
  );
  expect(words.ASSIGNMENT_STATUSES.join(' ')).toBe('searching offered assigned failed cancelled');
  expect(words.OFFER_STATUSES.join(' ')).toBe('OFFERED ACCEPTED DECLINED EXPIRED WITHDRAWN');
  expect(words.OFFER_END_REASONS.join(' ')).toBe('timeout offline search_timeout cancelled reassigned');
  expect([userRoom('1'), pilotRoom('2'), ADMIN_ROOM]).toEqual(['user:1', 'pilot:2', 'admin:assignments']);
  expect([WORKFLOW_TYPE, TASK_QUEUE, workflowIdOf('x'), STATUS_QUERY]).toEqual([
    'bookingAssignment',
    'booking-assignment',
    'booking-x',
    'assignmentStatus',
  ]);
  expect(SIGNALS).toEqual(['accept', 'decline', 'retry', 'cancel', 'nudge']);
  expect(SEARCH_ATTRIBUTES).toEqual({
    AssignmentStatus: 'KEYWORD',
    BookingNumber: 'KEYWORD',
    VehicleType: 'KEYWORD',
    PilotId: 'KEYWORD',
    TriedPilots: 'INT',
  });
  expect(words.isOneOf(words.BOOKING_STATUSES, 'PENDING')).toBe(true);
  for (const other of ['pending', null, undefined, 0, ['PENDING'], 'toString'])
    expect(words.isOneOf(words.BOOKING_STATUSES, other)).toBe(false);
});
