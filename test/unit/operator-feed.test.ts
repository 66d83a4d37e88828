// The operator's page: the feed of events and the alerts that are made of it; how it asks again and again.
import { alertsAfter } from '../../web/operator/alerts.js';
import { FEED_LIMIT, mergeFeed, sameFeed, stillUnstored } from '../../web/operator/feed.js';
import { Poll } from '../../web/operator/poll.js';
import type { SearchView } from '../../contract/page-shapes.js';
import type { FeedItem } from '../../web/operator/feed.js';

const START = Date.parse('2026-01-01T00:00:00.000Z');
const item = (seconds: number, change: Partial<FeedItem> = {}): FeedItem => ({
  bookingId: 'a',
  bookingNumber: 'BK-A',
  seq: seconds + 1,
  event: 'booking:search_started',
  payload: {},
  at: new Date(START + seconds * 1000).toISOString(),
  ...change,
});
const heard = (seconds: number, event: string, change: Partial<FeedItem> = {}): FeedItem =>
  item(seconds, { seq: null, event, ...change });
const names = (items: readonly FeedItem[]): string[] => items.map(({ event, seq }) => `${event} ${seq}`);

describe('the feed', () => {
  it('is newest first, what was heard among what was stored', () => {
    const feed = mergeFeed([item(9), item(1)], [heard(5, 'booking:no_pilots')]);
    expect(names(feed)).toEqual([
      'booking:search_started 10',
      'booking:no_pilots null',
      'booking:search_started 2',
    ]);
  });

  it('says nothing twice: what was heard gives way to what was stored', () => {
    const stored = [item(5, { event: 'booking:driver_assigned', seq: 4 })];
    const said = [heard(6, 'booking:assigned'), heard(6, 'booking:assigned', { bookingId: 'b' })];
    expect(mergeFeed(stored, said).map(({ bookingId }) => bookingId)).toEqual(['b', 'a']);
    expect(stillUnstored(stored, said)).toEqual([said[1]]);
    expect(mergeFeed([item(1), item(1)], [])).toHaveLength(1);
  });

  it('what was heard and happened again later is not what was stored', () => {
    const stored = [item(0, { event: 'booking:no_pilots' })];
    expect(mergeFeed(stored, [heard(60, 'booking:no_pilots')])).toHaveLength(2);
  });

  it('is bounded, and the newest stay', () => {
    const many = Array.from({ length: 300 }, (_, index) => item(index));
    const feed = mergeFeed(many, [heard(1000, 'booking:no_pilots')]);
    expect(feed).toHaveLength(FEED_LIMIT);
    expect(feed[0]?.event).toBe('booking:no_pilots');
    expect(feed.at(-1)?.seq).toBe(202);
  });

  it('events of one instant are in the order of their numbers', () => {
    const feed = mergeFeed([item(1, { seq: 1 }), item(1, { seq: 3 }), item(1, { seq: 2 })], []);
    expect(feed.map(({ seq }) => seq)).toEqual([3, 2, 1]);
  });

  it('is the same when it holds the same', () => {
    expect(sameFeed([item(1)], [item(1)])).toBe(true);
    expect(sameFeed([item(1)], [item(2)])).toBe(false);
    expect(sameFeed([item(1)], [])).toBe(false);
  });
});

describe('alerts', () => {
  const lost = item(10, { event: 'booking:driver_unreachable' });
  const none: ReadonlyMap<string, string> = new Map();

  it('there is one for each unreachable driver, and it stays the same', () => {
    const alerts = alertsAfter([], [lost], [], none);
    expect(alerts).toEqual([{ bookingId: 'a', bookingNumber: 'BK-A', at: lost.at }]);
    expect(alertsAfter(alerts, [lost, heard(11, 'booking:driver_unreachable')], [], none)).toBe(alerts);
    expect(alertsAfter(alerts, [], [], none)).toBe(alerts);
  });

  it('goes when the booking has gone on', () => {
    const alerts = alertsAfter([], [lost], [], none);
    expect(alertsAfter(alerts, [item(20, { event: 'booking:cancelled' }), lost], [], none)).toEqual([]);
    const search = { bookingId: 'a', bookingStatus: 'PENDING' } as SearchView;
    expect(alertsAfter(alerts, [lost], [search], none)).toEqual([]);
  });

  it('that was put aside stays aside; the next one does not', () => {
    const aside = new Map([['a', lost.at]]);
    expect(alertsAfter([], [lost], [], aside)).toEqual([]);
    const again = item(90, { event: 'booking:driver_unreachable' });
    expect(alertsAfter([], [again, lost], [], aside)).toHaveLength(1);
  });
});

describe('asking again and again', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  function asked(visible = (): boolean => true, laterMs = (): number => 0) {
    const open: { answer: (value: string) => void; fail: (error: Error) => void; signal: AbortSignal }[] = [];
    const taken: string[] = [];
    const failed: unknown[] = [];
    const poll = new Poll<string>({
      ask: (signal) => new Promise((answer, fail) => open.push({ answer, fail, signal })),
      take: (answer) => taken.push(answer),
      failed: (error) => failed.push(error),
      laterMs,
      visible,
      everyMs: 2_000,
      gapMs: 500,
    });
    const pass = (ms: number): Promise<void> => jest.advanceTimersByTimeAsync(ms);
    return { poll, open, taken, failed, pass };
  }

  it('is every two seconds, and never twice at once', async () => {
    const { poll, open, taken, pass } = asked();
    poll.anew();
    await pass(9_000);
    expect(open).toHaveLength(1);
    open[0]?.answer('one');
    await pass(1);
    expect(open).toHaveLength(2);
    open[1]?.answer('two');
    await pass(1_990);
    expect(open).toHaveLength(2);
    await pass(20);
    expect(open).toHaveLength(3);
    expect(taken).toEqual(['one', 'two']);
    poll.stop();
  });

  it('is soon after an event, but many events are one request', async () => {
    const { poll, open, pass } = asked();
    poll.anew();
    await pass(1);
    for (let event = 0; event < 20; event += 1) poll.soon();
    open[0]?.answer('one');
    await pass(510);
    expect(open).toHaveLength(2);
    open[1]?.answer('two');
    await pass(510);
    expect(open).toHaveLength(2);
    poll.stop();
  });

  it('anew gives up what runs: its answer, however late, is not taken', async () => {
    const { poll, open, taken, pass } = asked();
    poll.anew();
    await pass(1);
    poll.anew();
    await pass(1);
    expect(open).toHaveLength(2);
    expect(open[0]?.signal.aborted).toBe(true);
    open[1]?.answer('new');
    await pass(1);
    open[0]?.answer('old');
    await pass(1);
    expect(taken).toEqual(['new']);
    poll.stop();
  });

  it('goes on after a failure, no sooner than the server wants', async () => {
    const { poll, open, failed, pass } = asked(undefined, () => 5_000);
    poll.anew();
    await pass(1);
    open[0]?.fail(new Error('429'));
    await pass(4_900);
    expect([failed.length, open.length]).toEqual([1, 1]);
    await pass(200);
    expect(open).toHaveLength(2);
    poll.stop();
  });

  it('rests while nobody looks, and after its end', async () => {
    let visible = false;
    const { poll, open, pass } = asked(() => visible);
    poll.anew();
    await pass(10_000);
    expect(open).toHaveLength(0);
    visible = true;
    await pass(2_000);
    expect(open).toHaveLength(1);
    poll.stop();
    await pass(10_000);
    expect(open).toHaveLength(1);
    expect(open[0]?.signal.aborted).toBe(true);
  });
});
