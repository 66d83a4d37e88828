// Who sees whose name, phone and position, in each state of a booking (S5). Which fields: payloads.test.ts.
import type { Booking } from '../../contract/shapes.js';
import type { BookingStatus, JobStatus } from '../../contract/words.js';
import { Cast, type Operator, type PilotActor, type User } from '../support/actors.js';
import { freshPlace, northOf } from '../support/places.js';
import { System } from '../support/system.js';
import { never } from '../support/waiting.js';

let system: System;
let cast: Cast;
beforeAll(async () => {
  system = await System.start({ env: { OFFER_TIMEOUT_MS: '20000', SEARCH_TIMEOUT_MS: '60000' } });
  cast = new Cast(system);
});
afterAll(async () => {
  cast?.leave();
  await system?.stop();
});

const USER_PHONE = '+15145553333';
const PILOT_PHONE = '+15145554444';

interface Scene {
  user: User;
  pilot: PilotActor;
  operator: Operator;
  id: string;
}

async function scene(): Promise<Scene & { offerId: string }> {
  const place = freshPlace();
  const user = await cast.user({ name: 'Ursula', phone: USER_PHONE });
  const pilot = await cast.pilot({ at: northOf(place, 1), name: 'Paolo', phone: PILOT_PHONE });
  const { id } = await user.book(place);
  const offer = await pilot.offered(id);
  expect(JSON.stringify(offer)).not.toMatch(/Ursula|5553333/);
  return { user, pilot, operator: await cast.operator(), id, offerId: offer.offerId };
}

/** Who is shown a booking, by every door that shows one, and of whom it speaks. */
async function seen({ user, pilot, operator, id }: Scene): Promise<Record<string, boolean>> {
  const of = async (actor: User | PilotActor | Operator, path: string): Promise<Booking | null> => {
    const reply = await actor.request<Booking & { items?: Booking[] }>('GET', path);
    if (reply.status !== 200) return null;
    return reply.body.items === undefined
      ? reply.body
      : (reply.body.items.find((one) => one.id === id) ?? null);
  };
  const views: Record<string, boolean> = {};
  for (const [role, actor] of Object.entries({ user, pilot, operator })) {
    const one = await of(actor, `/bookings/${id}`);
    expect(await of(actor, '/bookings?limit=100')).toEqual(one);
    views[role] = one !== null;
    if (role === 'user') expect(JSON.stringify(one)).not.toMatch(/Ursula|5553333/);
    else if (one !== null) expect(one.user).toEqual({ name: 'Ursula', phone: USER_PHONE });
    // Where a pilot is, a booking never says.
    expect(JSON.stringify(one?.pilot ?? null)).not.toMatch(/lat|lng|position/);
  }
  expect(await of(operator, `/admin/bookings?limit=100`)).not.toBeNull();
  return views;
}

const ALL = { user: true, pilot: true, operator: true };
const WITHOUT_PILOT = { ...ALL, pilot: false };

test('S5 · offered: the pilot sees the offer alone', async () => {
  const found = await scene();
  expect(await seen(found)).toEqual(WITHOUT_PILOT);
  expect((await found.user.booking(found.id)).pilot).toBeNull();
});

test.each<[BookingStatus, JobStatus[]]>([
  ['ASSIGNED', []],
  ['ARRIVED', ['ARRIVED']],
  ['PICKED_UP', ['ARRIVED', 'PICKED_UP']],
  ['IN_TRANSIT', ['ARRIVED', 'PICKED_UP', 'IN_TRANSIT']],
  ['DELIVERED', ['ARRIVED', 'PICKED_UP', 'IN_TRANSIT', 'DELIVERED']],
])('S5 · %s: its pilot sees the customer, the customer the pilot', async (status, steps) => {
  const found = await scene();
  await found.pilot.accept(found.offerId);
  for (const step of steps) await found.pilot.step(found.id, step);
  expect(await seen(found)).toEqual(ALL);
  const shown = await found.user.booking(found.id);
  expect(shown).toMatchObject({ status, pilot: { name: 'Paolo', phone: PILOT_PHONE } });
});

test('S5 · given back: the pilot sees nothing of it any more, nor the user where he is', async () => {
  const found = await scene();
  await found.pilot.accept(found.offerId);
  await found.pilot.socket.ask('pilot:location', freshPlace());
  await found.user.hears('booking:pilot_location');
  const released = await found.pilot.release(found.id);
  expect(JSON.stringify(released.body)).not.toMatch(/Ursula|5553333/);
  expect(await seen(found)).toEqual(WITHOUT_PILOT);
  const before = found.user.socket.of('booking:pilot_location').length;
  await found.pilot.socket.ask('pilot:location', freshPlace());
  const positions = () => found.user.socket.of('booking:pilot_location').length;
  await never('a position after the end', () => positions() > before, 300);
});

test('S5 · cancelled before anybody had it: no pilot sees it; events tell no phone but the pilot’s', async () => {
  const found = await scene();
  await found.user.cancel(found.id);
  expect(await seen(found)).toEqual(WITHOUT_PILOT);
  const other = await scene();
  await other.pilot.accept(other.offerId);
  const text = JSON.stringify(await other.user.events(other.id));
  expect(text).toContain(PILOT_PHONE);
  expect(text).not.toContain(USER_PHONE);
  expect(JSON.stringify((await cast.operator()).sockets.flatMap((one) => one.arrivals))).not.toContain(
    PILOT_PHONE,
  );
});
