/** Makes events, bookings and answers for the tests of the user's story. */
import type { Booking, BookingEvent } from '../../contract/shapes.js';
import { newStory, tell, type PilotLocation, type Story, type SyncAnswer } from '../../web/user/story.js';

export const ID = '10000000-0000-4000-8000-000000000001';
export const OTHER = '10000000-0000-4000-8000-000000000002';
const START = Date.parse('2026-01-01T12:00:00.000Z');
export const PILOT = { id: 'p', name: 'Ravi Nair', phone: '+15145550123', avatar: null, rating: 4.8 };

export const timeOf = (seq: number): string => new Date(START + seq * 1000).toISOString();

export function event(seq: number, name: string, payload: object = {}, bookingId = ID): BookingEvent {
  return { seq, event: `booking:${name}`, payload: { bookingId, seq, ...payload }, at: timeOf(seq) };
}

export function told(...names: (string | [string, object])[]): Story {
  const events = names.map((one, index) =>
    typeof one === 'string' ? event(index + 1, one) : event(index + 1, one[0], one[1]),
  );
  return tell(newStory(ID), events);
}

export const ASSIGNED = ['driver_assigned', { pilot: PILOT, distanceKm: 1.2, etaSeconds: 180 }] as [
  string,
  object,
];
export const status = (word: string): [string, object] => ['status', { status: word }];

export function booking(change: Partial<Booking> = {}): Booking {
  return {
    id: ID,
    bookingNumber: 'B-1',
    status: 'PENDING',
    userId: 'u',
    pickup: { lat: 45.5, lng: -73.5, address: 'here' },
    dropoff: { lat: 45.6, lng: -73.6, address: 'there' },
    vehicleTypeId: 'bike',
    package: null,
    payment: null,
    note: null,
    pilot: null,
    createdAt: timeOf(0),
    assignedAt: null,
    deliveredAt: null,
    cancelledAt: null,
    ...change,
  };
}

export function answer(
  events: BookingEvent[],
  change: Partial<Booking> = {},
  more: Partial<SyncAnswer> = {},
): SyncAnswer {
  const assignment: SyncAnswer['assignment'] = {
    bookingId: ID,
    isSearching: true,
    triedPilots: 0,
    status: 'searching',
    elapsedMs: 0,
    searchEndsAt: null,
    canRetry: false,
    canCancel: true,
  };
  return { booking: booking(change), assignment, events, ...more };
}

export function at(seconds: number, bookingId = ID): PilotLocation {
  return {
    bookingId,
    lat: 45.5,
    lng: -73.5,
    heading: null,
    distanceKm: 0.5,
    etaSeconds: 60,
    at: timeOf(seconds),
  };
}

export const FIVE = [
  event(1, 'created', { message: 'one' }),
  event(2, 'search_started', { message: 'two' }),
  event(3, 'offer_sent', { pilotNumber: 1, message: 'three' }),
  event(4, 'offer_declined', { message: 'four' }),
  event(5, 'offer_sent', { pilotNumber: 2, message: 'five' }),
];
