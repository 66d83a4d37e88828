import { z } from 'zod';
import { TEXT_LIMITS } from '../../contract/limits.js';
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

const clean = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .refine((value) => !value.includes('\u0000'));

const claims = z.object({
  sub: z.guid(),
  type: z.enum(TOKEN_TYPES),
  name: clean(TEXT_LIMITS.name),
  phone: clean(TEXT_LIMITS.phone).optional(),
  jti: z.string().optional(),
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
    phone: phone ?? null,
    jti: jti ?? null,
    issuedAt: iat ?? null,
    expiresAt: exp ?? null,
  };
}
