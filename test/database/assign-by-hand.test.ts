// `POST /admin/bookings/:id/assign`: a PENDING booking goes to a pilot without an offer, or 409 says why not.
import { acceptByTap } from '../../dispatch/answer-offer.js';
import { assignByHand } from '../../dispatch/assign-by-hand.js';
import { cancelByCaller } from '../../dispatch/cancel-booking.js';
import { releaseByPilot } from '../../dispatch/jobs.js';
import { setAvailability } from '../../dispatch/availability.js';
import { expireBooking } from '../../dispatch/sweeps.js';
import { expectAgreement } from '../support/agreement.js';
import { inCrowd, outcome, upTo } from '../support/crowd.js';
import {
  book,
  claim,
  customer,
  letPass,
  offerOf,
  openDispatch,
  type Fixture,
} from '../support/dispatch-fixture.js';
import { anIsoTime } from '../support/matchers.js';
import { addPilot, addPilots } from '../support/pilots.js';
import { freshPlace, northOf } from '../support/places.js';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openDispatch();
});
afterEach(() => expectAgreement(fixture));
afterAll(() => fixture.close());

const ADMIN = customer().id;
const assign = (booking: { id: string }, pilotId: string) =>
  assignByHand(fixture.context, { bookingId: booking.id, pilotId, adminId: ADMIN });

async function booked(limits = {}) {
  const place = freshPlace();
  const user = customer();
  const booking = await book(fixture, place, limits, user);
  return {
    place,
    user,
    booking,
    searches: () =>
      fixture.query(
        'SELECT search_no, origin, outcome FROM searches WHERE booking_id = $1 ORDER BY search_no',
        [booking.id],
      ),
  };
}

it('while it is searching: assigned, told to all, audited, the search ended with a pilot', async () => {
  const { place, user, booking, searches } = await booked();
  const pilot = await addPilot(fixture, place, { km: 4, name: 'Hanna' });
  expect(await assign(booking, pilot)).toMatchObject({
    status: 'ASSIGNED',
    pilot: { id: pilot, name: 'Hanna' },
    user: { name: 'Ann Customer', phone: '+1 514 555 0100' },
    assignedAt: anIsoTime,
  });
  expect(fixture.emitter.to(`user:${user.id}`).slice(1)).toEqual([
    [
      'booking:driver_assigned',
      {
        bookingId: booking.id,
        pilot: { id: pilot, name: 'Hanna', phone: '+1 514 555 0199', avatar: null, rating: null },
        distanceKm: 4,
        etaSeconds: 576,
        message: 'Hanna is your driver.',
        seq: 2,
        at: anIsoTime,
      },
    ],
  ]);
  expect(fixture.emitter.to(`pilot:${pilot}`)).toEqual([
    ['job:assigned', expect.objectContaining({ id: booking.id, status: 'ASSIGNED', at: anIsoTime })],
  ]);
  expect(await searches()).toEqual([{ search_no: 1, origin: 'booking', outcome: 'assigned' }]);
  expect(
    await fixture.query('SELECT actor, action, details FROM audit_entries WHERE booking_id = $1', [
      booking.id,
    ]),
  ).toEqual([{ actor: ADMIN, action: 'assign', details: { pilotId: pilot, actorType: 'admin' } }]);
  expect(await claim(fixture, booking)).toMatchObject({ kind: 'assigned', pilotId: pilot });
});

it('after a failed search: the failure still counts, the assignment is a search of its own', async () => {
  const { place, booking, searches } = await booked();
  await claim(fixture, booking);
  const pilot = await addPilot(fixture, place);
  await assign(booking, pilot);
  expect(await searches()).toEqual([
    { search_no: 1, origin: 'booking', outcome: 'no_pilots' },
    { search_no: 2, origin: 'by_hand', outcome: 'assigned' },
  ]);
});

it('it uses up no try and tells nobody of an offer; a silent, far pilot may be chosen', async () => {
  const { place, booking } = await booked();
  const pilot = await addPilot(fixture, northOf(place, 80));
  await fixture.query('DELETE FROM pilot_presence WHERE pilot_id = $1', [pilot]);
  await assign(booking, pilot);
  await releaseByPilot(fixture.context, { bookingId: booking.id, pilotId: pilot, reason: 'far' });
  expect(await claim(fixture, booking)).toMatchObject({ kind: 'failed', search: { triedPilotIds: [] } });
});

it('a pilot without any position may be chosen too', async () => {
  const { place, user, booking } = await booked();
  const pilot = await addPilot(fixture, place);
  await fixture.query('DELETE FROM pilot_positions WHERE pilot_id = $1', [pilot]);
  expect(await assign(booking, pilot)).toMatchObject({ status: 'ASSIGNED' });
  expect(fixture.emitter.to(`user:${user.id}`).at(-1)?.[1]).toMatchObject({
    distanceKm: null,
    etaSeconds: null,
  });
});

it('to the pilot who holds the very offer of this booking', async () => {
  const { place, booking } = await booked();
  const pilot = await addPilot(fixture, place);
  const offer = await offerOf(fixture, booking);
  expect(await assign(booking, pilot)).toMatchObject({ status: 'ASSIGNED', pilot: { id: pilot } });
  const held = await fixture.query(`SELECT number, status FROM offers WHERE pilot_id = $1 ORDER BY number`, [
    pilot,
  ]);
  expect(held).toEqual([
    { number: 0, status: 'ACCEPTED' },
    { number: 1, status: 'WITHDRAWN' },
  ]);
  expect(await outcome(acceptByTap(fixture.context, offer))).toMatchObject({
    ok: false,
    error: { code: 'offer_withdrawn' },
  });
});

describe('409', () => {
  const refused = (code: string) => ({ ok: false, error: { name: 'ConflictError', code } });

  it('pilot_offline, pilot_wrong_vehicle', async () => {
    const { place, booking } = await booked();
    const [offline = ''] = await addPilots(fixture, [place]);
    await setAvailability(fixture.context, { pilotId: offline, online: false });
    expect(await outcome(assign(booking, offline))).toMatchObject(refused('pilot_offline'));
    const van = await addPilot(fixture, place, { vehicleTypeId: 'van' });
    expect(await outcome(assign(booking, van))).toMatchObject(refused('pilot_wrong_vehicle'));
  });

  it("pilot_busy: on a job, or holding another booking's live offer, which stays", async () => {
    const { place, booking } = await booked();
    const pilot = await addPilot(fixture, place);
    const offer = await offerOf(fixture, await book(fixture, place));
    expect(await outcome(assign(booking, pilot))).toMatchObject(refused('pilot_busy'));
    await acceptByTap(fixture.context, offer);
    expect(await outcome(assign(booking, pilot))).toMatchObject(refused('pilot_busy'));
  });

  it('booking_not_pending: assigned, cancelled, expired', async () => {
    const place = freshPlace();
    const [first = '', second = ''] = await addPilots(fixture, [place, place]);
    const assigned = await booked();
    await assign(assigned.booking, first);
    const cancelled = await booked();
    const caller = { type: 'user' as const, id: cancelled.user.id };
    await cancelByCaller(fixture.context, { bookingId: cancelled.booking.id, caller, ageMs: 0 });
    const expired = await booked({ retryWindowMs: 1 });
    await claim(fixture, expired.booking);
    await letPass(fixture, expired.booking, 5);
    await expireBooking(fixture.context, { bookingId: expired.booking.id });
    for (const { booking } of [assigned, cancelled, expired])
      expect(await outcome(assign(booking, second))).toMatchObject(refused('booking_not_pending'));
  });

  it('nothing changes where it is refused', async () => {
    const { place, booking, user } = await booked();
    const van = await addPilot(fixture, place, { vehicleTypeId: 'van' });
    const bike = await addPilot(fixture, place);
    await offerOf(fixture, booking);
    const [sent, lines] = [
      fixture.emitter.sent.length,
      await fixture.query('SELECT id FROM outbox ORDER BY id'),
    ];
    await outcome(assign(booking, van));
    expect([fixture.emitter.sent.length, await fixture.query('SELECT id FROM outbox ORDER BY id')]).toEqual([
      sent,
      lines,
    ]);
    expect(await fixture.query('SELECT status FROM offers WHERE pilot_id = $1', [bike])).toEqual([
      { status: 'OFFERED' },
    ]);
    expect(await fixture.query('SELECT 1 FROM audit_entries WHERE booking_id = $1', [booking.id])).toEqual(
      [],
    );
    expect(user.id).toBe(booking.userId);
  });
});

it('404 for an unknown booking or pilot', async () => {
  const { place, booking } = await booked();
  const pilot = await addPilot(fixture, place);
  for (const call of [assign({ id: pilot }, pilot), assign(booking, booking.id)])
    expect(await outcome(call)).toMatchObject({ ok: false, error: { name: 'NotFoundError' } });
});

it('one pilot by hand to ten bookings at once while claims want him too: he gets one', async () => {
  const place = freshPlace();
  const pilot = await addPilot(fixture, place);
  const all = await inCrowd(10, upTo(14), () => book(fixture, place, { searchPatienceMs: 60_000 }));
  const results = await inCrowd(14, all, (booking, index) =>
    outcome<unknown>(index < 10 ? assign(booking, pilot) : claim(fixture, booking)),
  );
  for (const result of results) if (!result.ok) expect(result.error.code).toBe('pilot_busy');
  const held = await fixture.query(
    `SELECT 1 FROM offers WHERE pilot_id = $1 AND (status = 'OFFERED' OR status = 'ACCEPTED' AND ended_at IS NULL)`,
    [pilot],
  );
  expect(held).toHaveLength(1);
});

it('by hand against accept, 40 times: one job each, and nobody gets an error of the database', async () => {
  await inCrowd(5, upTo(40), async () => {
    const { place, booking } = await booked();
    const asked = await addPilot(fixture, place, { km: 1 });
    const chosen = await addPilot(fixture, place, { km: 2 });
    const offer = await offerOf(fixture, booking);
    const [byHand, accepted] = await Promise.all([
      outcome(assign(booking, chosen)),
      outcome(acceptByTap(fixture.context, offer)),
    ]);
    expect([byHand.ok, accepted.ok].filter(Boolean)).toHaveLength(1);
    if (!byHand.ok) expect(byHand.error.code).toBe('booking_not_pending');
    if (!accepted.ok) expect(accepted.error.code).toBe('offer_withdrawn');
    const [row] = await fixture.query('SELECT pilot_id FROM bookings WHERE id = $1', [booking.id]);
    expect(row).toEqual({ pilot_id: byHand.ok ? chosen : asked });
  });
});
