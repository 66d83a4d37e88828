/** The feed of events: what was stored, and what the socket said before it was read. Pure. */
import type { RecentEvent } from '../../contract/page-shapes.js';

/** An event of any booking; one that the socket just said has no `seq` yet. */
export type FeedItem = Omit<RecentEvent, 'seq'> & { seq: number | null };

export const FEED_LIMIT = 100;

/** What the same thing is called among the stored events. */
const STORED_NAMES: Readonly<Record<string, string>> = { 'booking:assigned': 'booking:driver_assigned' };
/** The socket's word and the stored event of one thing are at most this far apart. */
const TWIN_WITHIN_MS = 10_000;

/** The name of an event as it is stored, whichever way it was heard. */
export const storedName = (event: string): string => STORED_NAMES[event] ?? event;

/** Newest first: the stored events, and those heard that are not among them; never more than the limit. */
export function mergeFeed(
  stored: readonly FeedItem[],
  heard: readonly FeedItem[],
  limit = FEED_LIMIT,
): readonly FeedItem[] {
  const twins = twinsOf(stored);
  const fresh = heard.filter((item) => !twins(item));
  const seen = new Set<string>();
  return [...fresh, ...stored]
    .filter((item) => !seen.has(keyOf(item)) && seen.add(keyOf(item)))
    .map((item) => ({ item, at: Date.parse(item.at) }))
    .sort((a, b) => b.at - a.at || (b.item.seq ?? Infinity) - (a.item.seq ?? Infinity))
    .slice(0, limit)
    .map(({ item }) => item);
}

/** What is still to be kept of what was heard, once `stored` was read. */
export function stillUnstored(
  stored: readonly FeedItem[],
  heard: readonly FeedItem[],
  limit = FEED_LIMIT,
): readonly FeedItem[] {
  const twins = twinsOf(stored);
  return heard.filter((item) => !twins(item)).slice(0, limit);
}

function twinsOf(stored: readonly FeedItem[]): (item: FeedItem) => boolean {
  const times = new Map<string, number[]>();
  for (const item of stored) {
    const key = `${item.bookingId} ${item.event}`;
    times.set(key, [...(times.get(key) ?? []), Date.parse(item.at)]);
  }
  return (item) =>
    (times.get(`${item.bookingId} ${storedName(item.event)}`) ?? []).some(
      (at) => Math.abs(at - Date.parse(item.at)) < TWIN_WITHIN_MS,
    );
}

/** What makes an item that item. */
export function keyOf(item: FeedItem): string {
  return item.seq === null ? `${item.bookingId} ${item.event} ${item.at}` : `${item.bookingId} ${item.seq}`;
}

/** True when nothing is to be shown anew. */
export function sameFeed(a: readonly FeedItem[], b: readonly FeedItem[]): boolean {
  return a.length === b.length && a.every((item, index) => keyOf(item) === keyOf(b[index] as FeedItem));
}
