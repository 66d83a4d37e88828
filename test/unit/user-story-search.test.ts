// The user's page: a search and its retry, the driver, and the truth after trouble.
import { located, newStory, retryRefused, retryTapped, synced, tell } from '../../web/user/story.js';
import { answer, ASSIGNED, at, event, FIVE, ID, OTHER, PILOT, timeOf, told } from '../support/user-story.js';

describe('a search', () => {
  it('counts the drivers asked and has its start', () => {
    expect(told('created', 'search_started')).toMatchObject({ asked: 0, searchStartedAt: timeOf(2) });
    expect(told('created', 'search_started', ['offer_sent', { pilotNumber: 3 }]).asked).toBe(3);
  });

  it('begins from zero at the tap, and again when the server says so', () => {
    const failed = told('created', 'search_started', ['offer_sent', { pilotNumber: 1 }], 'no_pilots');
    const tapped = retryTapped(failed, timeOf(60));
    const zero = { phase: 'finding', asked: 0, searchStartedAt: timeOf(60), message: 'Searching again...' };
    expect(tapped).toMatchObject(zero);
    // A sync that is not further yet does not throw it back.
    expect(synced(tapped, answer([]))).toMatchObject(zero);
    expect(
      tell(tapped, [event(5, 'search_started', { message: 'Searching for drivers again...' })]),
    ).toMatchObject({ phase: 'finding', retrying: false, failure: null, searchStartedAt: timeOf(5) });
  });

  it('that could not be begun again is offered again', () => {
    const failed = told('created', 'search_started', ['no_pilots', { message: 'Nobody' }]);
    const refused = retryRefused(retryTapped(failed, timeOf(60)));
    expect(refused).toMatchObject({ phase: 'failed', retryFailed: true, message: 'Nobody' });
    expect(retryTapped(refused, timeOf(70))).toMatchObject({ phase: 'finding', retryFailed: false });
  });

  it('that began all the same is not thrown back by the refusal', () => {
    const failed = told('created', 'search_started', 'no_pilots');
    const begun = tell(retryTapped(failed, timeOf(60)), [event(4, 'search_started')]);
    expect(retryRefused(begun)).toBe(begun);
  });

  it('is not begun again while none has failed', () => {
    const story = told('created', 'search_started');
    expect(retryTapped(story, timeOf(9))).toBe(story);
  });
});

describe('a driver', () => {
  const assigned = told('created', 'search_started', 'offer_sent', ASSIGNED);

  it('is shown with his distance', () => {
    expect(assigned).toMatchObject({ pilot: PILOT, distanceKm: 1.2, etaSeconds: 180, location: null });
  });

  it('moves, forward in time only, and for this booking only', () => {
    const moved = located(assigned, at(10));
    expect(moved).toMatchObject({ location: at(10), distanceKm: 0.5, etaSeconds: 60 });
    expect(located(moved, at(9))).toBe(moved);
    expect(located(moved, at(11, OTHER))).toBe(moved);
    expect(located(told('created'), at(11)).location).toBeNull();
    // Of the driver before him.
    expect(located(assigned, at(2))).toBe(assigned);
  });

  it('who gives it back is gone, and the search is from zero', () => {
    const released = tell(located(assigned, at(10)), [event(5, 'driver_released', { message: 'Back' })]);
    expect(released).toMatchObject({
      phase: 'finding',
      pilot: null,
      location: null,
      asked: 0,
      message: 'Back',
    });
    expect(tell(released, [event(6, 'search_started')])).toMatchObject({
      searchStartedAt: timeOf(6),
      asked: 0,
    });
  });

  it('who cannot be reached is told of until he is back', () => {
    const lost = tell(assigned, [event(5, 'driver_unreachable')]);
    expect(lost).toMatchObject({ phase: 'tracking', unreachableSince: timeOf(5) });
    expect(located(lost, at(4.5)).unreachableSince).toBe(timeOf(5));
    expect(located(lost, at(6)).unreachableSince).toBeNull();
    expect(tell(lost, [event(6, 'status', { status: 'ARRIVED' })]).unreachableSince).toBeNull();
  });
});

describe('a sync', () => {
  it('tells all from nothing', () => {
    const events = [...FIVE, event(6, 'driver_assigned', { pilot: PILOT, distanceKm: 1, etaSeconds: 60 })];
    expect(synced(newStory(ID), answer(events, { status: 'ASSIGNED' }, { location: at(3) }))).toMatchObject({
      seq: 6,
      phase: 'tracking',
      booking: { bookingNumber: 'B-1' },
      location: at(3),
    });
  });

  it('whose booking is older than its events goes by the events', () => {
    const events = [...FIVE, event(6, 'driver_assigned', { pilot: PILOT })];
    expect(synced(newStory(ID), answer(events, { status: 'PENDING' })).phase).toBe('tracking');
  });

  it('without events goes by the booking', () => {
    const story = synced(newStory(ID), answer([], { status: 'IN_TRANSIT', pilot: PILOT }));
    expect(story).toMatchObject({ phase: 'tracking', status: 'IN_TRANSIT', pilot: PILOT });
    const { assignment } = answer([]);
    const failed = synced(newStory(ID), answer([], {}, { assignment: { ...assignment, status: 'failed' } }));
    expect(failed).toMatchObject({ phase: 'failed', message: 'No drivers available' });
  });

  it('whose booking has ended is the end', () => {
    expect(synced(tell(newStory(ID), FIVE), answer([], { status: 'CANCELLED' })).phase).toBe('cancelled');
  });
});
