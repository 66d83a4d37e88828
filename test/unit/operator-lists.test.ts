// The operator's page: which rows are in view, what a key selects, how a search's time runs, who can be given a booking.
import fc from 'fast-check';
import { candidatesFor, named } from '../../web/operator/candidates.js';
import {
  elapsedOf,
  keepSame,
  leftOf,
  mayAssign,
  mayCancel,
  mayRelease,
  mayRetry,
} from '../../web/operator/searches.js';
import type { PilotOnMap, SearchView } from '../../contract/page-shapes.js';
import { rowAfterKey, rowsInView, scrollToRow } from '../../web/operator/windowing.js';

const START = Date.parse('2026-01-01T00:00:00.000Z');
const search = (change: Partial<SearchView> = {}): SearchView => ({
  bookingId: '00000000-0000-4000-8000-000000000001',
  bookingNumber: 'BK-1',
  bookingStatus: 'PENDING',
  vehicleTypeId: 'bike',
  userName: 'Maya',
  pickup: { lat: 45.5, lng: -73.6, address: 'here' },
  dropoff: { lat: 45.6, lng: -73.6, address: 'there' },
  searchNo: 1,
  origin: 'booking',
  status: 'searching',
  triedPilots: 0,
  offer: null,
  pilot: null,
  createdAt: new Date(START).toISOString(),
  startedAt: new Date(START).toISOString(),
  endsAt: null,
  endedAt: null,
  elapsedMs: 0,
  reason: null,
  unreceivedOffers: 0,
  workflowUrl: null,
  ...change,
});
const pilot = (id: string, change: Partial<PilotOnMap> = {}): PilotOnMap => ({
  id,
  name: `Pilot ${id}`,
  vehicleTypeId: 'bike',
  lat: 45.5,
  lng: -73.6,
  heading: null,
  at: new Date(START).toISOString(),
  state: 'free',
  ...change,
});

describe('rows in view', () => {
  it('are those in view and the spare ones', () => {
    expect(rowsInView({ count: 500, rowHeight: 50, scrollTop: 1000, height: 200, spare: 2 })).toEqual({
      from: 18,
      to: 26,
      before: 900,
      after: 23_700,
    });
  });

  it('of few are all, of none none', () => {
    const view = { rowHeight: 50, scrollTop: 0, height: 800, spare: 6 };
    expect(rowsInView({ ...view, count: 3 })).toEqual({ from: 0, to: 3, before: 0, after: 0 });
    expect(rowsInView({ ...view, count: 0 })).toEqual({ from: 0, to: 0, before: 0, after: 0 });
  });

  it('always fill the view, and the list keeps its height, also when it got shorter under the scroller', () => {
    fc.assert(
      fc.property(
        fc.nat(600),
        fc.nat(40_000),
        fc.integer({ min: 1, max: 2000 }),
        fc.nat(10),
        (count, scrollTop, height, spare) => {
          const shown = rowsInView({ count, rowHeight: 64, scrollTop, height, spare });
          expect(shown.before + (shown.to - shown.from) * 64 + shown.after).toBe(count * 64);
          const top = Math.min(scrollTop, Math.max(0, count * 64 - height));
          expect(shown.before).toBeLessThanOrEqual(top);
          expect(shown.to * 64).toBeGreaterThanOrEqual(Math.min(count * 64, top + height));
        },
      ),
    );
  });

  it('a row is scrolled to no further than it must be', () => {
    const view = { rowHeight: 50, height: 200 };
    expect(scrollToRow({ ...view, index: 4, scrollTop: 100 })).toBe(100);
    expect(scrollToRow({ ...view, index: 1, scrollTop: 100 })).toBe(50);
    expect(scrollToRow({ ...view, index: 9, scrollTop: 100 })).toBe(300);
  });

  it.each([
    ['ArrowDown', -1, 0],
    ['ArrowUp', -1, 0],
    ['ArrowDown', 9, 9],
    ['ArrowUp', 4, 3],
    ['PageDown', 4, 8],
    ['PageUp', 2, 0],
    ['Home', 5, 0],
    ['End', 5, 9],
    ['x', 5, null],
  ])('%s from %d is %s', (key, current, wanted) => {
    expect(rowAfterKey(key, current, 10, 4)).toBe(wanted);
  });

  it('no key leads anywhere in an empty list', () => expect(rowAfterKey('End', -1, 0, 4)).toBeNull());
});

describe('the time of a search', () => {
  it('runs from its start by the server’s clock', () =>
    expect(elapsedOf(search({ elapsedMs: 99 }), START + 5_000)).toBe(5_000));
  it('stands still after its end', () =>
    expect(elapsedOf(search({ endedAt: 'x', elapsedMs: 7_000 }), START + 90_000)).toBe(7_000));
  it('is not there before its start', () => expect(elapsedOf(search({ startedAt: null }), START)).toBeNull());
  it('is never negative', () => expect(elapsedOf(search(), START - 5)).toBe(0));
  it('an offer has nothing left after its end', () => {
    const end = new Date(START + 3_000).toISOString();
    expect(leftOf(end, START)).toBe(3_000);
    expect(leftOf(end, START + 9_000)).toBe(0);
  });
});

it.each([
  ['searching', search(), 'assign cancel'],
  ['failed', search({ status: 'failed' }), 'assign retry cancel'],
  ['assigned', search({ status: 'assigned', bookingStatus: 'ASSIGNED' }), 'cancel release'],
  ['arrived', search({ status: 'assigned', bookingStatus: 'ARRIVED' }), 'cancel release'],
  ['on board', search({ status: 'assigned', bookingStatus: 'PICKED_UP' }), ''],
  ['expired', search({ status: 'failed', bookingStatus: 'EXPIRED' }), ''],
])('what may be done when %s', (_name, given, wanted) => {
  const may = { assign: mayAssign, retry: mayRetry, cancel: mayCancel, release: mayRelease };
  const allowed = Object.entries(may).filter(([, test]) => test(given));
  expect(allowed.map(([name]) => name).join(' ')).toBe(wanted);
});

describe('a list that was read again', () => {
  const other = search({ bookingId: 'other' });

  it('is the same list when only time has gone by', () => {
    const before = [search(), other];
    const fresh = structuredClone(before).map((one) => ({ ...one, elapsedMs: 4_000 }));
    expect(keepSame(before, fresh)).toBe(before);
  });

  it('keeps the rows that say the same', () => {
    const before = [search(), other];
    const after = keepSame(before, [structuredClone(other), search({ triedPilots: 1 })]);
    expect(after[0]).toBe(other);
    expect(after[1]?.triedPilots).toBe(1);
  });

  it('is another when a row is gone, or something inside a row changed', () => {
    const before = [search(), other];
    expect(keepSame(before, [search()])).toHaveLength(1);
    const moved = search({ pickup: { lat: 1, lng: 2, address: 'here' } });
    expect(keepSame(before, [moved, other])[0]).toBe(moved);
    const ended = search({ endedAt: 'x', elapsedMs: 5 });
    expect(keepSame([ended], [{ ...ended, elapsedMs: 6 }])[0]?.elapsedMs).toBe(6);
  });
});

describe('whom a booking can be given', () => {
  const pilots = [
    pilot('far', { lat: 45.9 }),
    pilot('near', { lat: 45.51 }),
    pilot('van', { vehicleTypeId: 'van' }),
    pilot('busy', { state: 'job' }),
    pilot('asked', { state: 'offered' }),
    pilot('stale', { state: 'stale' }),
  ];

  it('is free, has the vehicle, and the nearest is first', () => {
    const found = candidatesFor({ lat: 45.5, lng: -73.6 }, 'bike', pilots);
    expect(found.map((one) => one.pilot.id)).toEqual(['near', 'far']);
    expect(found[0]?.km).toBeCloseTo(1.11, 2);
  });

  it('is found by words of the name', () => {
    const found = candidatesFor({ lat: 45.5, lng: -73.6 }, 'bike', pilots);
    expect(named(found, ' FAR pil ').map((one) => one.pilot.id)).toEqual(['far']);
    expect(named(found, 'nobody')).toEqual([]);
    expect(named(found, ' ')).toBe(found);
  });
});
