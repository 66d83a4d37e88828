/** The issuer's keys were never read and cannot be now: whether a token is good is not known. */
export class KeysAwayError extends Error {}
