/** What one person and one address may do at the doors, as the environment says it. */
import { z } from 'zod';

/** Limits per minute: requests and bookings of one token, requests of one address. */
export interface RateLimits {
  requestsPerToken: number;
  bookingsPerToken: number;
  requestsPerAddress: number;
}
export const DEFAULT_RATE_LIMITS: RateLimits = {
  requestsPerToken: 600,
  bookingsPerToken: 30,
  requestsPerAddress: 6_000,
};

/** As `RATE_LIMIT` says it; null for off. */
export const rateLimit = z
  .string()
  .regex(
    /^(off|\d{1,8},\d{1,8},\d{1,8})$/,
    'must be off, or requests,bookings,requests per address, such as 600,30,6000, each below 100000000',
  )
  .transform((value): RateLimits | null => {
    if (value === 'off') return null;
    const [requestsPerToken = 0, bookingsPerToken = 0, requestsPerAddress = 0] = value.split(',').map(Number);
    return { requestsPerToken, bookingsPerToken, requestsPerAddress };
  });

/** Sockets that one API process holds open at most: of one person, and of one address. */
export interface SocketLimit {
  perPerson: number;
  perAddress: number;
}
export const DEFAULT_SOCKET_LIMIT: SocketLimit = { perPerson: 20, perAddress: 2_000 };

/** As `SOCKET_LIMIT` says it; null for off. */
export const socketLimit = z
  .string()
  .regex(/^(off|[1-9]\d*,[1-9]\d*)$/, 'must be off, or sockets of a person,of an address, such as 20,2000')
  .transform((value): SocketLimit | null => {
    if (value === 'off') return null;
    const [perPerson = 0, perAddress = 0] = value.split(',').map(Number);
    return { perPerson, perAddress };
  });
