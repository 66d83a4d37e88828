/** A good body for every call that takes one: a call that is new to the contract fails until it has a row. */
import { randomUUID } from 'node:crypto';
import { CALLS, type Call } from '../../contract/calls.js';
import type { TokenType } from '../../contract/words.js';
import { bookingAt } from './actors.js';
import { freshPlace } from './places.js';

export const nameOf = (call: Call): string => `${call.method.toUpperCase()} ${call.path}`;

const BODIES: Record<string, () => object> = {
  'POST /bookings': () => bookingAt(freshPlace()),
  'POST /bookings/:id/retry-assignment': () => ({}),
  'POST /bookings/:id/cancel': () => ({}),
  'PUT /pilots/me/availability': () => ({ online: false }),
  'PUT /pilots/me/location': () => ({ lat: 1, lng: 2 }),
  'POST /offers/:id/accept': () => ({}),
  'POST /offers/:id/decline': () => ({}),
  'POST /jobs/:bookingId/status': () => ({ status: 'ARRIVED' }),
  'POST /jobs/:bookingId/release': () => ({ reason: 'flat tyre' }),
  'POST /admin/pilots': () => ({ name: 'New', phone: '+15145550123', vehicleTypeId: 'van' }),
  'POST /admin/pilots/:id/offline': () => ({ reason: 'left the app on' }),
  'POST /admin/vehicle-types/:id/pause': () => ({ reason: 'storm' }),
  'POST /admin/vehicle-types/:id/resume': () => ({}),
  'POST /admin/vehicle-types': () => ({ id: `t${randomUUID().slice(0, 8)}`, name: 'Type' }),
  'POST /admin/bookings/:id/assign': () => ({ pilotId: randomUUID() }),
  'POST /admin/bookings/:id/release': () => ({ reason: 'unreachable' }),
  'POST /admin/codec/decode': () => ({ payloads: [] }),
  'POST /admin/codec/encode': () => ({ payloads: [] }),
  'POST /admin/tokens/revoke': () => ({ sub: randomUUID() }),
  'POST /demo/token': () => ({ type: 'user' }),
  'POST /demo/pilots': () => ({ count: 1, ...freshPlace() }),
};

/** A good body of a call; undefined for one that takes none. Throws for a call without a row. */
export function goodBody(call: Call): object | undefined {
  if (call.body === undefined) return undefined;
  const make = BODIES[nameOf(call)];
  if (make === undefined) throw new Error(`${nameOf(call)} has no row in test/support/bodies.ts`);
  return make();
}

/** The call's path with every parameter set. */
export function pathOf(call: Call, id: string = randomUUID()): string {
  return call.path.replaceAll(/:\w+/g, id);
}

export function mayCall(call: Call, type: TokenType): boolean {
  return call.who === 'anyone' || call.who.includes(type);
}

/** A token type that may make the call. */
export function someoneFor(call: Call): TokenType {
  return call.who === 'anyone' ? 'user' : (call.who[0] as TokenType);
}

export const CALLS_WITH_BODY = CALLS.filter((call) => call.body !== undefined);
