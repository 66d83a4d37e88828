import { webcrypto } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { decodeProtectedHeader, jwtVerify, type JWTVerifyGetKey, type JWTVerifyOptions } from 'jose';
import type { Logger } from 'pino';
import { API_CONFIG, LOGGER } from '../config/providers.js';
import type { ApiConfig } from '../config/environment.js';
import { ServerClock } from '../config/server-clock.js';
import { KeysAwayError } from '../http/keys-away.js';
import { callerOf, type Caller } from './caller.js';
import { issuerKeys } from './issuer-keys.js';
import { Revocations } from './revocations.js';

/** Algorithms of keys from a JWKS address; a shared secret is only ever used with HS256. */
const JWKS_ALGORITHMS = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];

/** Verifies tokens: signature, algorithm, time, issuer, audience, claims, revocation. */
@Injectable()
export class TokenVerifier {
  /** Made a key once: made at each call it would take as long as the signature. */
  private readonly secret: Promise<webcrypto.CryptoKey> | null;
  private readonly jwks: JWTVerifyGetKey | null;
  private readonly expected: Pick<JWTVerifyOptions, 'issuer' | 'audience'>;

  constructor(
    @Inject(API_CONFIG) config: ApiConfig,
    private readonly revocations: Revocations,
    private readonly clock: ServerClock,
    @Inject(LOGGER) logger: Logger,
  ) {
    this.secret = config.JWT_SECRET === undefined ? null : hmacKey(config.JWT_SECRET);
    this.jwks = config.JWT_JWKS_URL === undefined ? null : issuerKeys(new URL(config.JWT_JWKS_URL), logger);
    this.expected = {
      ...(config.JWT_ISSUER === undefined ? {} : { issuer: config.JWT_ISSUER }),
      ...(config.JWT_AUDIENCE === undefined ? {} : { audience: config.JWT_AUDIENCE }),
    };
  }

  /** The caller of a good token; null for any other, without saying why. Throws KeysAwayError when that is not known. */
  async verify(token: string): Promise<Caller | null> {
    const payload = await this.payloadOf(token);
    const caller = payload === null ? null : callerOf(payload);
    return caller === null || this.revocations.isRevoked(caller) ? null : caller;
  }

  private async payloadOf(token: string): Promise<unknown> {
    try {
      const { alg } = decodeProtectedHeader(token);
      const expected = { ...this.expected, currentDate: new Date(this.clock.nowMs()) };
      if (alg === 'HS256' && this.secret !== null)
        return (await jwtVerify(token, await this.secret, { ...expected, algorithms: ['HS256'] })).payload;
      if (alg !== undefined && JWKS_ALGORITHMS.includes(alg) && this.jwks !== null)
        return (await jwtVerify(token, this.jwks, { ...expected, algorithms: JWKS_ALGORITHMS })).payload;
      return null;
    } catch (error) {
      if (error instanceof KeysAwayError) throw error;
      return null;
    }
  }
}

function hmacKey(secret: string): Promise<webcrypto.CryptoKey> {
  const hs256 = { name: 'HMAC', hash: 'SHA-256' };
  return webcrypto.subtle.importKey('raw', new TextEncoder().encode(secret), hs256, false, ['verify']);
}
