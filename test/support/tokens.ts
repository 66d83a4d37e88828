import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import type { TokenType } from '../../contract/words.js';

/** The secret of every API that the tests start. */
export const JWT_SECRET = 'a secret of the tests alone, 32+';

export interface TokenClaims {
  sub?: string;
  type?: TokenType;
  name?: string;
  phone?: string;
  jti?: string;
  /** As jose takes it: `12h`, or seconds since 1970. */
  expires?: string | number;
  issuer?: string;
  audience?: string;
}

/** A good token, signed as the API expects; each field may be set. */
export function signToken(claims: TokenClaims = {}, secret = JWT_SECRET): Promise<string> {
  const token = new SignJWT({
    type: claims.type ?? 'user',
    name: claims.name ?? 'Test Person',
    ...(claims.phone === undefined ? {} : { phone: claims.phone }),
  })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(claims.sub ?? randomUUID())
    .setJti(claims.jti ?? randomUUID())
    .setIssuedAt()
    .setExpirationTime(claims.expires ?? '1h');
  if (claims.issuer !== undefined) token.setIssuer(claims.issuer);
  if (claims.audience !== undefined) token.setAudience(claims.audience);
  return token.sign(new TextEncoder().encode(secret));
}
