import { drawUp, isWell, render } from '../../tools/simulate/report.js';
import { Ledger } from '../../tools/simulate/ledger.js';
import { newTraffic } from '../../tools/simulate/api.js';
import { retell, Story, type ToldEvent, type UserEventName } from '../../tools/simulate/story.js';

const AT = '2026-11-23T12:00:00.000Z';

/** Events of one booking, numbered from 1. */
function told(...events: [UserEventName, Record<string, unknown>?][]): ToldEvent[] {
  return events.map(([event, payload = {}], index) => ({ seq: index + 1, event, payload, at: AT }));
}

const found = (id: string): [UserEventName, Record<string, unknown>] => [
  'booking:driver_assigned',
  { pilot: { id } },
];
const delivered: [UserEventName, Record<string, unknown>] = ['booking:status', { status: 'DELIVERED' }];

function storyOf(bookingId: string, events: ToldEvent[], bookedAtMs = 0, toldAtMs = 2_000): Story {
  const story = new Story(bookingId);
  story.bookedAtMs = bookedAtMs;
  for (const event of events) story.add(event, toldAtMs);
  return story;
}

const reportOf = (...stories: (Story | null)[]) =>
  drawUp({ stories, ledger: new Ledger(), missedEvents: 0, traffic: newTraffic(), seconds: 1 });

describe('a booking as its user was told it', () => {
  test('events are retold by their numbers, not by their arrival', () => {
    const events = told(
      ['booking:created'],
      ['booking:search_started'],
      ['booking:offer_sent'],
      found('a'),
      delivered,
    );
    expect(retell(events.toReversed())).toMatchObject({
      phase: 'ended',
      end: 'delivered',
      offers: 1,
      pilotIds: ['a'],
    });
  });

  test('a second pilot without a release in between is a double assignment', () => {
    expect(retell(told(found('a'), found('b'))).doubleAssignments).toBe(1);
    expect(retell(told(found('a'), ['booking:driver_released'], found('b'))).doubleAssignments).toBe(0);
  });

  test('a failed search that is retried searches again', () => {
    const state = retell(told(['booking:no_pilots'], ['booking:search_started'], ['booking:search_timeout']));
    expect(state).toMatchObject({ phase: 'failed', failures: ['no_pilots', 'search_timeout'] });
  });

  test('a number that is missing is a gap, one that comes twice is dropped', () => {
    const [first, second, third] = told(
      ['booking:created'],
      ['booking:search_started'],
      ['booking:offer_sent'],
    );
    const story = new Story('booking');
    expect(story.add(first as ToldEvent, 0)).toBe(true);
    expect(story.add(first as ToldEvent, 0)).toBe(false);
    story.add(third as ToldEvent, 0);
    expect([story.hasGap, story.completeTo]).toEqual([true, 1]);
    story.add(second as ToldEvent, 0);
    expect([story.hasGap, story.completeTo]).toEqual([false, 3]);
  });

  test('who waits for news is woken by a new event', async () => {
    const story = new Story('booking');
    const news = story.changed(new Promise(() => undefined));
    story.add(told(['booking:created'])[0] as ToldEvent, 0);
    await expect(news).resolves.toBeUndefined();
  });
});

describe('the report', () => {
  test('bookings are counted by what became of them', () => {
    const report = reportOf(
      storyOf('1', told(['booking:offer_sent'], found('a'), delivered)),
      storyOf('2', told(['booking:no_pilots'], ['booking:search_started'], found('b'), delivered)),
      storyOf('3', told(['booking:no_pilots'], ['booking:no_pilots'], ['booking:cancelled'])),
      storyOf('4', told(['booking:search_timeout'], ['booking:search_timeout'], ['booking:cancelled'])),
    );
    expect(report).toMatchObject({
      bookings: 4,
      assigned: 2,
      savedByRetry: 1,
      noPilots: 1,
      timedOut: 1,
      cancelled: 2,
      delivered: 2,
      neverEnded: [],
      medianAssignMs: 2_000,
      offers: 1,
    });
    expect(isWell(report)).toBe(true);
    expect(render(report)).toMatch(/median time to assign +2\.00 s/);
  });

  test('a booking that never ended, or was never made, is not well and is named', () => {
    const report = reportOf(storyOf('lost-one', told(['booking:created'])), null);
    expect(isWell(report)).toBe(false);
    expect(report.neverEnded).toHaveLength(2);
    expect(render(report)).toContain('lost-one is searching after 1 events');
  });

  test('a planted double assignment is not well and is named', () => {
    const report = reportOf(storyOf('twice', told(found('a'), found('b'), delivered)));
    expect(isWell(report)).toBe(false);
    expect(render(report)).toContain('booking twice was given to a, then b without being released');
  });
});
