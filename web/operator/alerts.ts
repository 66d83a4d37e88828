/** Pilots who vanished with a job, until somebody saw to it. Pure. */
import { mayRelease } from './searches.js';
import type { SearchView } from '../../contract/page-shapes.js';
import type { FeedItem } from './feed.js';

export interface Alert {
  bookingId: string;
  bookingNumber: string;
  at: string;
}

const UNREACHABLE = 'booking:driver_unreachable';
/** The socket's word and the stored event of one thing are at most this far apart. */
const SAME_WITHIN_MS = 10_000;

/**
 * The alerts after the feed was read: new ones are added; gone are those whose booking has gone on since, or is
 * listed as one that no pilot holds before pickup. `dismissed` holds, by booking, the time of the alert that
 * the operator has put aside.
 */
export function alertsAfter(
  before: readonly Alert[],
  feed: readonly FeedItem[],
  searches: readonly SearchView[],
  dismissed: ReadonlyMap<string, string>,
): readonly Alert[] {
  const found = new Map(before.map((alert) => [alert.bookingId, alert]));
  for (const { event, bookingId, bookingNumber, at } of [...feed].reverse()) {
    const known = found.get(bookingId);
    if (event !== UNREACHABLE) {
      if (known !== undefined && Date.parse(at) > Date.parse(known.at)) found.delete(bookingId);
    } else if (known === undefined || Date.parse(at) > Date.parse(known.at) + SAME_WITHIN_MS) {
      found.set(bookingId, { bookingId, bookingNumber, at });
    }
  }
  for (const search of searches) if (!mayRelease(search)) found.delete(search.bookingId);
  const left = [...found.values()].filter(({ bookingId, at }) => {
    const aside = dismissed.get(bookingId);
    return aside === undefined || Date.parse(at) > Date.parse(aside) + SAME_WITHIN_MS;
  });
  const same = left.length === before.length && left.every((alert, index) => alert === before[index]);
  return same ? before : left;
}
