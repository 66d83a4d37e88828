import { InvalidInputException } from './validation.js';

/** An opaque cursor of a list: the key of the last item of the page. */
export function toCursor(key: string): string {
  return Buffer.from(key).toString('base64url');
}

/** The key in a cursor; throws a 400 when it is not one of ours. */
export function fromCursor(cursor: string | undefined, form: RegExp): string | undefined {
  if (cursor === undefined) return undefined;
  const key = Buffer.from(cursor, 'base64url').toString();
  if (!form.test(key))
    throw new InvalidInputException([{ field: 'cursor', message: 'is not a cursor of this list' }]);
  return key;
}

/** One page of what was read: one more than `limit` was asked for, to know whether there is a next. */
export function pageOf<R, T>(
  found: R[],
  limit: number,
  view: (row: R) => T,
  keyOf: (row: R) => string,
): { items: T[]; nextCursor: string | null } {
  const shown = found.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map(view),
    nextCursor: found.length > limit && last !== undefined ? toCursor(keyOf(last)) : null,
  };
}

export const NUMBER_KEY = /^\d{1,18}$/;
export const UUID_KEY = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
