import type { ConflictCode } from '../contract/problems.js';

/** Absent, or not the caller's: told alike, so that nobody learns what exists. */
export class NotFoundError extends Error {
  override readonly name = 'NotFoundError';
}

/** The state forbids it. `code` says which; `detail` says what is so. */
export class ConflictError extends Error {
  override readonly name = 'ConflictError';
  constructor(
    readonly code: ConflictCode,
    detail: string,
  ) {
    super(detail);
  }
}

/** A field names something that does not exist, such as a vehicle type. */
export class UnknownReferenceError extends Error {
  override readonly name = 'UnknownReferenceError';
  constructor(
    readonly field: string,
    detail: string,
  ) {
    super(detail);
  }
}

/** An idempotency key was used before with another body. */
export class KeyReusedError extends Error {
  override readonly name = 'KeyReusedError';
}
