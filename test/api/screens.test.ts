// An operator's screens: the search of each booking, the pilots on the map, the latest events, as they change.
import { z } from 'zod';
import {
  pilotMapShape,
  recentEventShape,
  searchPageShape,
  type PilotMap,
  type RecentEvent,
  type SearchPage,
  type SearchView,
} from '../../contract/page-shapes.js';
import { Cast, type Operator } from '../support/actors.js';
import { badFields, conform } from '../support/conform.js';
import { freshPlace, northOf } from '../support/places.js';
import { System } from '../support/system.js';

let system: System;
let cast: Cast;
let operator: Operator;
beforeAll(async () => {
  const env = {
    OFFER_TIMEOUT_MS: '60000',
    SEARCH_TIMEOUT_MS: '60000',
    TEMPORAL_UI_URL: 'http://ui.example/',
  };
  system = await System.start({ env });
  cast = new Cast(system);
  operator = await cast.operator();
});
afterAll(async () => {
  cast?.leave();
  await system?.stop();
});

async function searches(query = ''): Promise<SearchPage> {
  const page = await operator.expect<SearchPage>(200, 'GET', `/admin/searches?${query}`);
  conform(searchPageShape, page);
  return page;
}

async function searchOf(bookingId: string, state = 'all'): Promise<SearchView | undefined> {
  return (await searches(`state=${state}&limit=500`)).items.find((one) => one.bookingId === bookingId);
}

async function pilotOnMap(id: string): Promise<PilotMap['items'][number] | undefined> {
  const map = await operator.expect<PilotMap>(200, 'GET', '/admin/pilots/positions');
  conform(pilotMapShape, map);
  return map.items.find((one) => one.id === id);
}

test('a booking on the screens, from its offer to its job; as its user is told', async () => {
  const place = freshPlace();
  const user = await cast.user({ name: 'Wilma Watched' });
  const pilot = await cast.pilot({ at: place, name: 'Peer' });
  expect(await pilotOnMap(pilot.id)).toMatchObject({ name: 'Peer', vehicleTypeId: 'bike', state: 'free' });
  const { id, bookingNumber } = await user.book(place);
  const { offerId } = await pilot.offered(id);
  const offered = await searchOf(id, 'open');
  const assignment = await user.assignment(id);
  expect(offered).toMatchObject({
    bookingNumber,
    userName: 'Wilma Watched',
    status: assignment.status,
    triedPilots: assignment.triedPilots,
    endsAt: assignment.searchEndsAt,
    offer: { offerId, pilotId: pilot.id, pilotName: 'Peer', pilotNumber: 1, received: false },
    workflowUrl: `http://ui.example/namespaces/${system.temporal.namespace}/workflows/booking-${id}`,
  });
  expect(await pilotOnMap(pilot.id)).toMatchObject({ state: 'offered' });
  await pilot.socket.ask('offer:received', { offerId });
  expect((await searchOf(id))?.offer?.received).toBe(true);
  await pilot.accept(offerId);
  expect(await searchOf(id, 'open')).toBeUndefined();
  expect(await searchOf(id, 'assigned')).toMatchObject({
    bookingStatus: 'ASSIGNED',
    offer: null,
    pilot: { id: pilot.id, name: 'Peer' },
  });
  await pilot.moveTo(northOf(place, 1));
  expect(await pilotOnMap(pilot.id)).toMatchObject({ state: 'job' });
  const latest = await operator.expect<RecentEvent[]>(200, 'GET', '/admin/events?limit=200');
  conform(z.array(recentEventShape), latest);
  const ofBooking = latest.filter((event) => event.bookingId === id).reverse();
  expect(ofBooking.map(({ bookingId: _id, bookingNumber: _number, ...event }) => event)).toEqual(
    await user.events(id),
  );
  expect(await operator.expect<RecentEvent[]>(200, 'GET', '/admin/events?limit=1')).toEqual(
    latest.slice(0, 1),
  );
});

test('pages of searches follow one another without a gap or a repeat', async () => {
  const user = await cast.user({ connected: false });
  const made: string[] = [];
  for (let n = 0; n < 5; n += 1) made.unshift((await user.book(freshPlace())).id);
  const seen: string[] = [];
  for (let query = 'state=all&limit=2'; ;) {
    const { items, nextCursor } = await searches(query);
    expect(items.length).toBeLessThanOrEqual(2);
    seen.push(...items.map((one) => one.bookingId));
    if (nextCursor === null) break;
    query = `state=all&limit=2&cursor=${encodeURIComponent(nextCursor)}`;
  }
  expect(seen.slice(0, 5)).toEqual(made);
  expect(new Set(seen).size).toBe(seen.length);
});

test.each([
  ...['state=open,failed', 'state=', 'limit=0', 'limit=501', 'limit=x', 'cursor=abc', 'vehicleTypeId=A%20b'],
  ...['q=%00', `q=${'x'.repeat(101)}`, 'nonsense=1'],
])('/admin/searches?%s is 400', async (query) => {
  const name = query.slice(0, query.indexOf('='));
  expect(badFields(await operator.request('GET', `/admin/searches?${query}`))).toEqual([name]);
});

test.each(['limit=0', 'limit=201', 'limit=x', 'after=1'])('/admin/events?%s is 400', async (query) => {
  const name = query.slice(0, query.indexOf('='));
  expect(badFields(await operator.request('GET', `/admin/events?${query}`))).toEqual([name]);
});
