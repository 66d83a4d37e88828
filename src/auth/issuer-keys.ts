import { createLocalJWKSet, createRemoteJWKSet, errors, type JWTVerifyGetKey } from 'jose';
import type { Logger } from 'pino';
import { KeysAwayError } from '../http/keys-away.js';

const FETCHED_WITHIN_MS = 3_000;
/** An address that did not answer is left alone for so long: no call waits for it meanwhile. */
const LEFT_ALONE_MS = 10_000;

/**
 * The keys behind `JWT_JWKS_URL`, read again after ten minutes and for a key that is not known. While the address is away
 * those of before stay good: nobody is signed out because the issuer rests.
 *
 * @throws KeysAwayError where there are none of before; jose's errors for a token that fits no key
 */
export function issuerKeys(url: URL, logger: Logger): JWTVerifyGetKey {
  const remote = createRemoteJWKSet(url, { timeoutDuration: FETCHED_WITHIN_MS });
  let leftAloneUntil = 0;
  const known: JWTVerifyGetKey = (header, token) => {
    const before = remote.jwks();
    if (before === undefined) throw new KeysAwayError('the keys of JWT_JWKS_URL could not be read yet');
    return createLocalJWKSet(before)(header, token);
  };
  return async (header, token) => {
    if (performance.now() < leftAloneUntil) return known(header, token);
    try {
      return await remote(header, token);
    } catch (error) {
      if (isOfTheToken(error)) throw error;
      leftAloneUntil = performance.now() + LEFT_ALONE_MS;
      logger.warn({ err: error instanceof Error ? error.message : 'error' }, 'keys of the issuer not read');
      return known(header, token);
    }
  };
}

/** The keys are there, and none is this token's. All else that fails is the address. */
function isOfTheToken(error: unknown): boolean {
  return (
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys ||
    error instanceof errors.JOSENotSupported
  );
}
