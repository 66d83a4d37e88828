// The user's page: how a booking stands, folded from its events in whatever order they come.
import type { BookingEvent } from '../../contract/shapes.js';
import { adopted, eventOf, newStory, synced, tell } from '../../web/user/story.js';
import {
  answer,
  ASSIGNED,
  booking,
  event,
  FIVE,
  ID,
  OTHER,
  status,
  timeOf,
  told,
} from '../support/user-story.js';

describe('order', () => {
  it('is that of seq, whatever came first', () => {
    const inOrder = tell(newStory(ID), FIVE);
    expect(inOrder).toMatchObject({ seq: 5, asked: 2, message: 'five', phase: 'finding', ahead: [] });
    expect(tell(newStory(ID), FIVE.toReversed())).toEqual(inOrder);
    for (const order of [
      [3, 1, 4, 0, 2],
      [4, 3, 2, 1, 0],
      [1, 0, 3, 2, 4],
    ])
      expect(
        order.reduce((story, index) => tell(story, [FIVE[index] as BookingEvent]), newStory(ID)),
      ).toEqual(inOrder);
  });

  it('holds what is ahead of a gap, and tells it when the gap is filled', () => {
    const gap = tell(
      newStory(ID),
      FIVE.filter(({ seq }) => seq !== 3),
    );
    expect(gap).toMatchObject({ seq: 2, message: 'two', asked: 0 });
    expect(gap.ahead.map(({ seq }) => seq)).toEqual([4, 5]);
    expect(synced(gap, answer(FIVE.slice(2)))).toMatchObject({ seq: 5, message: 'five', ahead: [] });
  });

  it('drops doubles and events of other bookings without a change', () => {
    const story = tell(newStory(ID), FIVE);
    expect(tell(story, FIVE)).toBe(story);
    expect(tell(story, [event(6, 'cancelled', {}, OTHER)])).toBe(story);
    const gap = tell(newStory(ID), [event(2, 'search_started')]);
    expect(tell(gap, [event(2, 'search_started')])).toBe(gap);
  });

  it('steps over events that it does not know', () => {
    expect(
      tell(newStory(ID), [event(1, 'created'), event(2, 'surprise'), event(3, 'cancelled')]),
    ).toMatchObject({
      seq: 3,
      phase: 'cancelled',
    });
  });
});

describe('an event of the socket', () => {
  it('has its number and time from the payload', () => {
    const payload = { bookingId: ID, seq: 4, at: timeOf(4) };
    expect(eventOf('booking:created', payload)).toEqual({
      seq: 4,
      event: 'booking:created',
      payload,
      at: timeOf(4),
    });
    expect(eventOf('booking:created', { bookingId: ID })).toBeNull();
  });
});

describe('phases', () => {
  it.each([
    ['loading', []],
    ['finding', ['created']],
    ['finding', ['created', 'search_started']],
    ['finding', ['created', 'search_started', 'offer_sent', 'offer_expired']],
    ['failed', ['created', 'search_started', 'no_pilots']],
    ['failed', ['created', 'search_started', 'search_timeout']],
    ['finding', ['created', 'search_started', 'no_pilots', 'search_started']],
    ['tracking', ['created', 'search_started', 'offer_sent', ASSIGNED]],
    // An operator assigns a booking whose search had failed.
    ['tracking', ['created', 'search_started', 'no_pilots', ASSIGNED]],
    ['tracking', ['created', ASSIGNED, status('ARRIVED'), status('PICKED_UP'), status('IN_TRANSIT')]],
    ['finding', ['created', ASSIGNED, 'driver_released']],
    ['delivered', ['created', ASSIGNED, status('DELIVERED')]],
    ['cancelled', ['created', 'cancelled']],
    ['expired', ['created', 'search_started', 'no_pilots', status('EXPIRED')]],
  ] as [string, (string | [string, object])[]][])('%s after %j', (phase, names) => {
    expect(told(...names).phase).toBe(phase);
  });

  it('stay once they are final', () => {
    const cancelled = adopted(tell(newStory(ID), FIVE), booking({ status: 'CANCELLED' }));
    expect(cancelled.phase).toBe('cancelled');
    const late = tell(cancelled, [event(6, 'offer_expired')]);
    expect(late).toMatchObject({ seq: 6, phase: 'cancelled' });
    expect(tell(late, [event(7, 'cancelled', { by: 'admin', message: 'said' })])).toMatchObject({
      message: 'said',
      cancelledBy: 'admin',
    });
  });
});

describe('messages', () => {
  it('are those of the events', () => {
    expect(told(['created', { message: 'Hello' }]).message).toBe('Hello');
  });

  it('that are missing are made up for', () => {
    expect(told('created', 'no_pilots')).toMatchObject({
      message: 'No drivers available',
      failure: { reason: 'no_pilots', message: 'No drivers available' },
    });
    expect(told('created', 'search_timeout').message).toBe('Search timed out');
    expect(told('created', ASSIGNED, status('ARRIVED')).message).toBe('Your driver is at the pickup.');
    expect(told('created', 'cancelled').message).toBe('Your booking was cancelled.');
  });
});
