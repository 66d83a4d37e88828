/** What is said of a search: its time, its state, what may be done with it. Pure. */
import { CANCELLABLE_STATUSES, RELEASABLE_STATUSES, isOneOf } from '../../contract/words.js';
import type { SearchView } from '../../contract/page-shapes.js';

/** Milliseconds that the search has run by the server's clock; null before it began, frozen after its end. */
export function elapsedOf(search: SearchView, serverNow: number): number | null {
  if (search.endedAt !== null) return search.elapsedMs;
  if (search.startedAt === null) return null;
  return Math.max(0, serverNow - Date.parse(search.startedAt));
}

/** Milliseconds left of the offer that lives; 0 when it is over. */
export function leftOf(expiresAt: string, serverNow: number): number {
  return Math.max(0, Date.parse(expiresAt) - serverNow);
}

export const mayAssign = (search: SearchView): boolean => search.bookingStatus === 'PENDING';
export const mayRetry = (search: SearchView): boolean => mayAssign(search) && search.status === 'failed';
export const mayCancel = (search: SearchView): boolean => isOneOf(CANCELLABLE_STATUSES, search.bookingStatus);
export const mayRelease = (search: SearchView): boolean => isOneOf(RELEASABLE_STATUSES, search.bookingStatus);

/**
 * The fresh list, with every row that says the same as before being the same object as before, so that only
 * what changed is rendered again. The time that a running search has taken is no change: it is counted here.
 */
export function keepSame(before: readonly SearchView[], fresh: readonly SearchView[]): readonly SearchView[] {
  const known = new Map(before.map((search) => [search.bookingId, search]));
  let same = before.length === fresh.length;
  const kept = fresh.map((search, index) => {
    const old = known.get(search.bookingId);
    const row = old !== undefined && saysTheSame(old, search) ? old : search;
    same &&= row === before[index];
    return row;
  });
  return same ? before : kept;
}

function saysTheSame(a: SearchView, b: SearchView): boolean {
  return Object.entries(b).every(
    ([key, value]) =>
      (key === 'elapsedMs' && b.endedAt === null) || sameValue(a[key as keyof SearchView], value),
  );
}

function sameValue(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const keys = Object.keys(b);
  return (
    keys.length === Object.keys(a).length &&
    keys.every((key) => sameValue((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]))
  );
}
