/** Who we are: tokens from the demo door, or signed here when the environment has the secret. */
import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import type { Pilot } from '../../contract/shapes.js';
import type { TokenType } from '../../contract/words.js';
import type { Api } from './api.js';

/** Somebody who may use the system. */
export interface Identity {
  id: string;
  token: string;
}

/** Makes users and pilots. */
export interface Identities {
  user(name: string): Promise<Identity>;
  /** A pilot known to the system, with a vehicle of the run's type. */
  pilot(name: string): Promise<Identity>;
}

/** The vehicle that every simulated pilot has: that of the demo door. */
export const VEHICLE_TYPE = 'bike';
const TOKEN_LIFE = '12h';

/** Chooses by the environment: JWT_SECRET signs, without it the demo door is asked. */
export function identitiesFrom(api: Api, environment: Record<string, string | undefined>): Identities {
  const secret = environment['JWT_SECRET'];
  return secret === undefined || secret === ''
    ? demoIdentities(api)
    : signedIdentities(api, secret, environment);
}

function demoIdentities(api: Api): Identities {
  const ask = (type: TokenType, name: string) =>
    api.call<Identity>('POST', '/demo/token', { body: { type, name } });
  return { user: (name) => ask('user', name), pilot: (name) => ask('pilot', name) };
}

function signedIdentities(
  api: Api,
  secret: string,
  environment: Record<string, string | undefined>,
): Identities {
  const sign = async (type: TokenType, id: string, name: string): Promise<Identity> => {
    const token = new SignJWT({ type, name })
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject(id)
      .setJti(randomUUID())
      .setIssuedAt()
      .setExpirationTime(TOKEN_LIFE);
    if (environment['JWT_ISSUER']) token.setIssuer(environment['JWT_ISSUER']);
    if (environment['JWT_AUDIENCE']) token.setAudience(environment['JWT_AUDIENCE']);
    return { id, token: await token.sign(new TextEncoder().encode(secret)) };
  };
  const operator = sign('admin', randomUUID(), 'Simulator');
  return {
    user: (name) => sign('user', randomUUID(), name),
    async pilot(name) {
      const { token } = await operator;
      const pilot = await api.as(token).call<Pilot>('POST', '/admin/pilots', {
        body: { name, phone: '+1 514 555 0100', vehicleTypeId: VEHICLE_TYPE, rating: 4.8 },
      });
      return sign('pilot', pilot.id, name);
    },
  };
}
