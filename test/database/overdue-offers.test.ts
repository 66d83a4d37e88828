// Design 4: an overdue offer of a dead workflow holds its pilot for nobody; the next claim near by takes him.
import { markReceived, overdueOffers } from '../../database/statements/offers.js';
import { countUnreceivedOffers, stalledBookings, unfinishedOf } from '../../database/statements/repairs.js';
import { acceptByTap } from '../../dispatch/answer-offer.js';
import { assignByHand } from '../../dispatch/assign-by-hand.js';
import { cancelBySignal } from '../../dispatch/cancel-booking.js';
import { expectAgreement } from '../support/agreement.js';
import { inCrowd, upTo } from '../support/crowd.js';
import {
  book,
  claim,
  customer,
  letPass,
  offerOf,
  openDispatch,
  type Fixture,
} from '../support/dispatch-fixture.js';
import { addPilot, addPilots } from '../support/pilots.js';
import { freshPlace, northOf } from '../support/places.js';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openDispatch();
});
afterEach(() => expectAgreement(fixture));
afterAll(() => fixture.close());

/** A booking whose workflow is dead: its offer's time is over and nobody has acted. */
async function deadOffer(place = freshPlace(), overdueMs = 5_000) {
  const user = customer();
  const pilot = await addPilot(fixture, place);
  const booking = await book(fixture, place, {}, user);
  const offer = await offerOf(fixture, booking);
  await letPass(fixture, booking, 30_000 + overdueMs);
  return { place, user, pilot, booking, offer };
}
const statusOf = async (offerId: string) =>
  (await fixture.query('SELECT status, end_reason FROM offers WHERE id = $1', [offerId]))[0];

it('the next claim near by settles it, tells its user and pilot, and takes the pilot', async () => {
  const { place, user, pilot, offer } = await deadOffer();
  const standing = await claim(fixture, await book(fixture, place));
  expect(standing).toMatchObject({ kind: 'offered', offer: { pilotId: pilot, number: 1 } });
  expect(await statusOf(offer.offerId)).toEqual({ status: 'EXPIRED', end_reason: 'timeout' });
  expect(
    fixture.emitter
      .to(`user:${user.id}`)
      .map(([event]) => event)
      .at(-1),
  ).toBe('booking:offer_expired');
  expect(fixture.emitter.to(`pilot:${pilot}`).map(([event, payload]) => [event, payload['reason']])).toEqual([
    ['booking:offer', undefined],
    ['offer:expired', 'timeout'],
    ['booking:offer', undefined],
  ]);
});

it('also at the edge of the wider radius, and of several dead ones each', async () => {
  const place = freshPlace();
  const dead = [await deadOffer(northOf(place, 6)), await deadOffer(northOf(place, 13))];
  const takers = [await book(fixture, place), await book(fixture, place)];
  const standings = await inCrowd(2, takers, (booking) => claim(fixture, booking));
  const taken = standings.map((standing) =>
    standing.kind === 'offered' ? standing.offer.pilotId : standing.kind,
  );
  expect(taken.sort()).toEqual(dead.map((one) => one.pilot).sort());
});

it('an operator who assigns him by hand settles it first', async () => {
  const { place, pilot, offer } = await deadOffer();
  const booking = await book(fixture, place);
  const answer = await assignByHand(fixture.context, {
    bookingId: booking.id,
    pilotId: pilot,
    adminId: pilot,
  });
  expect(answer).toMatchObject({ status: 'ASSIGNED', pilot: { id: pilot } });
  expect(await statusOf(offer.offerId)).toEqual({ status: 'EXPIRED', end_reason: 'timeout' });
});

it('an offer whose time is not over is left alone', async () => {
  const place = freshPlace();
  await addPilot(fixture, place);
  const { offerId } = await offerOf(fixture, await book(fixture, place));
  expect(await claim(fixture, await book(fixture, place))).toMatchObject({
    kind: 'failed',
    reason: 'no_pilots',
  });
  expect(await statusOf(offerId)).toEqual({ status: 'OFFERED', end_reason: null });
});

it('ten claims at once over five dead offers: no error, five offers', async () => {
  const place = freshPlace();
  for (let index = 0; index < 5; index += 1) await deadOffer(northOf(place, index / 10));
  const takers = await inCrowd(10, upTo(10), () => book(fixture, place));
  const standings = await inCrowd(10, takers, async (booking) => {
    let standing = await claim(fixture, booking);
    while (standing.kind === 'waiting') standing = await claim(fixture, booking);
    return standing.kind;
  });
  expect(standings.filter((kind) => kind === 'offered')).toHaveLength(5);
  expect(standings.filter((kind) => kind === 'failed')).toHaveLength(5);
});

it('after an outage, sixty claims at once over sixty dead offers: no false "no pilots"', async () => {
  const place = freshPlace();
  const pilots = await addPilots(
    fixture,
    upTo(60).map((index) => northOf(place, index / 100)),
  );
  const dead = await inCrowd(10, upTo(60), () => book(fixture, place));
  for (const booking of dead) await offerOf(fixture, booking);
  await inCrowd(10, dead, (booking) => letPass(fixture, booking, 40_000));
  const takers = await inCrowd(10, upTo(60), () => book(fixture, place));
  const standings = await inCrowd(60, takers, async (booking) => {
    let standing = await claim(fixture, booking);
    while (standing.kind === 'waiting') standing = await claim(fixture, booking);
    return standing;
  });
  expect(standings.filter((standing) => standing.kind === 'failed')).toEqual([]);
  const taken = standings.map((standing) => (standing.kind === 'offered' ? standing.offer.pilotId : ''));
  expect(taken.sort()).toEqual([...pilots].sort());
}, 120_000);

describe('what the reconciler looks for', () => {
  const GRACE_MS = 30_000;

  it('overdue offers, after the grace only', async () => {
    const late = await deadOffer(freshPlace(), GRACE_MS + 10_000);
    const just = await deadOffer(freshPlace(), GRACE_MS - 10_000);
    const ids = (await overdueOffers(fixture.source.manager, GRACE_MS)).map((one) => one.id);
    expect(ids).toContain(late.offer.offerId);
    expect(ids).not.toContain(just.offer.offerId);
  });

  it('PENDING bookings that nobody works on: never started, past the end, past the retry window', async () => {
    const noLines = (id: string) => fixture.query('DELETE FROM outbox WHERE booking_id = $1', [id]);
    const stalled = async (id: string) =>
      (await stalledBookings(fixture.source.manager, GRACE_MS)).some((one) => one.booking_id === id);
    const place = freshPlace();
    const unstarted = await book(fixture, place);
    await letPass(fixture, unstarted, 60_000);
    expect(await stalled(unstarted.id)).toBe(false); // its start is still in the outbox
    await noLines(unstarted.id);
    expect(await stalled(unstarted.id)).toBe(true);

    const failed = await book(fixture, place, { retryWindowMs: 60_000 });
    await noLines(failed.id);
    await claim(fixture, failed);
    await letPass(fixture, failed, 60_000 + GRACE_MS - 10_000);
    expect(await stalled(failed.id)).toBe(false);
    await letPass(fixture, failed, 20_000);
    expect(await stalled(failed.id)).toBe(true);
    await cancelBySignal(fixture.context, { bookingId: failed.id, by: 'user' });
    expect(await stalled(failed.id)).toBe(false);

    const searching = await book(fixture, place, { searchPatienceMs: 600_000 });
    await noLines(searching.id);
    await claim(fixture, searching);
    await letPass(fixture, searching, 120_000 + GRACE_MS - 10_000);
    expect(await stalled(searching.id)).toBe(false);
    await letPass(fixture, searching, 20_000);
    expect(await stalled(searching.id)).toBe(true);
  });

  it('of given bookings those that are not final', async () => {
    const [one, other] = [await book(fixture, freshPlace()), await book(fixture, freshPlace())];
    await cancelBySignal(fixture.context, { bookingId: other.id, by: 'user' });
    expect(await unfinishedOf(fixture.source.manager, [one.id, other.id])).toEqual([{ booking_id: one.id }]);
  });

  it('offers that no app has shown, once noted as shown no more (F28)', async () => {
    const place = freshPlace();
    const [pilot, stranger] = await addPilots(fixture, [place, northOf(place, 9)]);
    const booking = await book(fixture, place);
    const { offerId } = await offerOf(fixture, booking);
    const count = () => countUnreceivedOffers(fixture.source.manager, 2_500);
    // Offers of the tests before this one grow old meanwhile: they are old now.
    await fixture.query(`UPDATE offers SET offered_at = offered_at - interval '1 minute' WHERE id <> $1`, [
      offerId,
    ]);
    const before = await count();
    await letPass(fixture, booking, 2_600);
    expect(await count()).toBe(before + 1);
    expect(await markReceived(fixture.source.manager, offerId, stranger ?? '')).toBe(false);
    expect(await count()).toBe(before + 1);
    expect(await markReceived(fixture.source.manager, offerId, pilot ?? '')).toBe(true);
    expect(await count()).toBe(before);
    const first = await fixture.query('SELECT received_at FROM offers WHERE id = $1', [offerId]);
    await markReceived(fixture.source.manager, offerId, pilot ?? '');
    expect(await fixture.query('SELECT received_at FROM offers WHERE id = $1', [offerId])).toEqual(first);
    await acceptByTap(fixture.context, { offerId, pilotId: pilot ?? '' });
  });
});
