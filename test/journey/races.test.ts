// Taps that cross: one wins, everybody is told the same (F10, F11, F13, F14, F17, F31; rules 2 and 8).
import { Cast } from '../support/actors.js';
import { agreed, completed, offersOf } from '../support/accounts.js';
import { count, LONG, tried, within } from '../support/counts.js';
import { freshPlace, northOf } from '../support/places.js';
import { crossed, inRounds } from '../support/rounds.js';
import { offeredBooking, type OfferedBooking } from '../support/states.js';
import { System } from '../support/system.js';
import { eventually, until } from '../support/waiting.js';

const ROUNDS = count(100);
/** Twenty accepts around an end, so often. */
const SWEEPS = LONG ? 10 : 1;

let system: System;
let cast: Cast;
beforeAll(async () => {
  system = await System.start({
    apis: 2,
    workers: 2,
    env: { OFFER_TIMEOUT_MS: '5000', SEARCH_TIMEOUT_MS: '30000' },
  });
  cast = new Cast(system);
});
afterAll(async () => {
  cast?.leave();
  await system?.stop();
});

/** The user on one API, the pilot on the other. */
async function offered(): Promise<OfferedBooking> {
  const scene = await offeredBooking(cast);
  scene.pilot.door = 1;
  return scene;
}

const scenes = (count: number): Promise<OfferedBooking[]> =>
  Promise.all(Array.from({ length: count }, offered));

// A cancel that its process read after the accept had committed is a later one: by rule 5 it cancels the job, and
// the pilot is told (decision 3). That two which cross never both succeed is proved in test/database/rule-8-races.
test(
  'F13 · accept and cancel at once: who lost is told what is so, and all agree',
  () => inRounds('F13', ROUNDS, acceptAndCancel),
  within(60_000),
);

async function acceptAndCancel(): Promise<void> {
  const { user, pilot, id, offerId } = await offered();
  const [accepted, cancelled] = await crossed(
    [pilot, (line) => pilot.accept(offerId, line)],
    [user, (line) => user.cancel(id, {}, line)],
  );
  const { status } = await user.booking(id);
  if (accepted.status === 200 && cancelled.status === 200) {
    expect(status).toBe('CANCELLED');
    await pilot.hears('booking:cancelled', (one) => one['bookingId'] === id);
  } else if (accepted.status === 200) {
    expect([cancelled.status, status]).toEqual([409, 'ASSIGNED']);
    expect(cancelled.body).toMatchObject({ code: 'booking_assigned' });
    expect((await pilot.request('GET', '/pilots/me/job')).status).toBe(200);
    // Asked again, knowing it, it cancels.
    expect((await user.cancel(id)).status).toBe(200);
    await pilot.hears('booking:cancelled', (one) => one['bookingId'] === id);
  } else {
    expect([accepted.status, cancelled.status, status]).toEqual([409, 200, 'CANCELLED']);
    expect(accepted.body.code).toBe('booking_cancelled');
    await pilot.hears('offer:expired', (one) => one['offerId'] === offerId);
  }
  await completed(system, id);
}

test(
  'F31 · accept and decline at once: the first wins, the other gets 409',
  () => inRounds('F31', ROUNDS, acceptAndDecline),
  within(60_000),
);

async function acceptAndDecline(): Promise<void> {
  const { user, pilot, id, offerId } = await offered();
  const taps = await crossed(
    [pilot, (line) => pilot.accept(offerId, line)],
    [pilot, (line) => pilot.decline(offerId, line)],
  );
  expect(taps.map((one) => one.status).sort((a, b) => a - b)).toEqual([200, 409]);
  const won = taps[0].status === 200;
  expect(taps[won ? 1 : 0]?.body.code).toBe(won ? 'offer_accepted' : 'offer_declined');
  const names = await user.eventNames(id);
  expect(names.includes('driver_assigned')).toBe(won);
  expect(names.includes('offer_declined')).toBe(!won);
  // A captured tap played again changes nothing (S14).
  for (let again = 0; again < 5; again += 1)
    expect((await (won ? pilot.accept(offerId) : pilot.decline(offerId))).status).toBe(200);
  if (won) expect(await user.eventNames(id)).toEqual(names);
}

test(
  'F11 · accepts around the very end: exactly one of accepted and expired, and all agree',
  async () => {
    for (let sweep = 0; sweep < SWEEPS; sweep += 1) await acceptAroundTheEnd(await scenes(20));
    tried('F11', SWEEPS * 20);
  },
  within(60_000),
);

async function acceptAroundTheEnd(all: OfferedBooking[]): Promise<void> {
  const taps = await Promise.all(
    all.map(async ({ pilot, offerId, expiresAt }, n) => {
      await until(expiresAt - 50 + n * 5);
      return pilot.accept(offerId);
    }),
  );
  for (const [n, { user, pilot, id, offerId }] of all.entries()) {
    const won = taps[n]?.status === 200;
    if (!won) expect(taps[n]).toMatchObject({ status: 409, body: { code: 'offer_expired' } });
    await user.event(id, won ? 'booking:driver_assigned' : 'booking:offer_expired');
    const [row] = await offersOf(system, id);
    expect(row).toMatchObject({ id: offerId, status: won ? 'ACCEPTED' : 'EXPIRED' });
    const names = await user.eventNames(id);
    expect(names.includes('driver_assigned')).toBe(won);
    expect(names.includes('offer_expired')).toBe(!won);
    expect((await pilot.request('GET', '/pilots/me/job')).status).toBe(won ? 200 : 204);
    await agreed(system, id, won ? 'assigned' : 'failed');
  }
}

test('F14 · three bookings at once for one pilot: one gets him, the others see no error', async () => {
  const place = freshPlace();
  const pilot = await cast.pilot({ at: place });
  const users = await Promise.all([1, 2, 3].map(() => cast.user()));
  const ids = await Promise.all(users.map(async (user) => (await user.book(place)).id));
  const offers = await eventually('one offer', () => {
    const all = pilot.socket.of<{ offerId: string; bookingId: string }>('booking:offer');
    return all.length > 0 && all;
  });
  const winner = offers[0]?.bookingId;
  expect((await pilot.accept(offers[0]?.offerId ?? '')).status).toBe(200);
  for (const [n, id] of ids.entries()) if (id !== winner) await users[n]?.event(id, 'booking:no_pilots');
  expect(pilot.socket.of('booking:offer')).toHaveLength(1);
  const rows = await system.rows('SELECT 1 FROM offers WHERE pilot_id = $1', [pilot.id]);
  expect(rows).toHaveLength(1);
});

test('F14 · many bookings, few pilots: each pilot one at a time, every booking ends', async () => {
  const place = freshPlace();
  const pilots = await Promise.all([0, 1, 2, 3].map((n) => cast.pilot({ at: northOf(place, 0.1 * n) })));
  for (const pilot of pilots)
    pilot.socket.socket.on('booking:offer', (offer: { offerId: string }) => void pilot.accept(offer.offerId));
  const users = await Promise.all(Array.from({ length: 20 }, () => cast.user({ connected: false })));
  const ids = await Promise.all(users.map(async (user) => (await user.book(place)).id));
  const ends = await Promise.all(
    ids.map((id, n) =>
      eventually('the booking to end its search', async () => {
        const { status } = (await users[n]?.assignment(id)) ?? {};
        return (status === 'assigned' || status === 'failed') && status;
      }),
    ),
  );
  expect(ends.filter((one) => one === 'assigned')).toHaveLength(4);
  const held = await system.rows<{ count: number }>(
    "SELECT count(*)::int FROM offers WHERE pilot_id = ANY ($1) AND status = 'ACCEPTED' GROUP BY pilot_id",
    [pilots.map((one) => one.id)],
  );
  expect(held).toEqual([{ count: 1 }, { count: 1 }, { count: 1 }, { count: 1 }]);
});

test('F17 · retry pressed twenty times begins one search; all presses succeed', async () => {
  const user = await cast.user();
  const { id } = await user.book(freshPlace());
  await user.event(id, 'booking:no_pilots');
  const searches = async (): Promise<number> =>
    (await system.rows('SELECT 1 FROM searches WHERE booking_id = $1', [id])).length;
  const { pickup } = await user.booking(id);
  const pilot = await cast.pilot({ at: { lat: pickup.lat, lng: pickup.lng } });
  const presses = await Promise.all(Array.from({ length: 20 }, () => user.retry(id)));
  expect(new Set(presses.map((one) => one.status))).toEqual(new Set([200]));
  await pilot.offered(id);
  for (let late = 0; late < 3; late += 1) expect((await user.retry(id)).status).toBe(200);
  expect(await searches()).toBe(2);
  expect((await user.eventNames(id)).filter((one) => one === 'search_started')).toHaveLength(2);
  tried('F17', 23);
});

test('cancel pressed twenty times is one cancel', async () => {
  const { user, id } = await offered();
  const presses = await Promise.all(Array.from({ length: 20 }, () => user.cancel(id)));
  expect(new Set(presses.map((one) => one.status))).toEqual(new Set([200]));
  expect((await user.eventNames(id)).filter((one) => one === 'cancelled')).toHaveLength(1);
});

test('F26 · a flood of declines is deduplicated before the signal; a cancel works within 2 s', async () => {
  const { user, pilot, id, offerId } = await offered();
  const taps = await Promise.all(Array.from({ length: 300 }, () => pilot.decline(offerId)));
  // So many at once wait for one row: those who wait too long are told to come again.
  expect([200, 503]).toEqual(expect.arrayContaining([...new Set(taps.map((one) => one.status))]));
  expect(taps.filter((one) => one.status === 200).length).toBeGreaterThan(0);
  const startedAt = performance.now();
  expect((await user.cancel(id)).status).toBe(200);
  await completed(system, id, 2_000);
  expect(performance.now() - startedAt).toBeLessThan(2_000);
  const { events } = await system.temporal.client.workflow.getHandle(`booking-${id}`).fetchHistory();
  const signals = (events ?? []).filter((event) => event.workflowExecutionSignaledEventAttributes != null);
  expect(signals.length).toBeLessThanOrEqual(3);
});
