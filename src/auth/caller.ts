import { z } from 'zod';
import { TEXT_LIMITS } from '../../contract/limits.js';
import { text } from '../../contract/schemas.js';
import { TOKEN_TYPES, type TokenType } from '../../contract/words.js';

/** Who a verified token says is calling. */
export interface Caller {
  id: string;
  type: TokenType;
  name: string;
  phone: string | null;
  jti: string | null;
  /** Seconds since 1970; null where the token does not say. */
  issuedAt: number | null;
  expiresAt: number | null;
}

/** Longer ids are nobody's: they are kept in memory and in a table when they are revoked. */
const LONGEST_JTI = 200;

const claims = z.object({
  sub: z.guid(),
  type: z.enum(TOKEN_TYPES),
  name: text(TEXT_LIMITS.name),
  // An issuer that knows none may say so.
  phone: z.union([z.literal(''), text(TEXT_LIMITS.phone)]).nullish(),
  jti: z.string().max(LONGEST_JTI).optional(),
  iat: z.number().optional(),
  exp: z.number().optional(),
});

/** The caller of a token's claims, or null when they are not as the contract has them. */
export function callerOf(payload: unknown): Caller | null {
  const parsed = claims.safeParse(payload);
  if (!parsed.success) return null;
  const { sub, type, name, phone, jti, iat, exp } = parsed.data;
  return {
    id: sub.toLowerCase(),
    type,
    name,
    phone: phone || null,
    jti: jti ?? null,
    issuedAt: iat ?? null,
    expiresAt: exp ?? null,
  };
}
