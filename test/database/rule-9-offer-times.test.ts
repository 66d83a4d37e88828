// Rule 9: when an offer ends, what its countdown shows, and no offer in a search's last second.
import { offerShape } from '../../contract/shapes.js';
import { readOffers } from '../../dispatch/reads.js';
import type { SearchLimits } from '../../contract/limits.js';
import { expectAgreement } from '../support/agreement.js';
import { book, claim, letPass, offerOf, openDispatch, type Fixture } from '../support/dispatch-fixture.js';
import { anIsoTime } from '../support/matchers.js';
import { addPilot } from '../support/pilots.js';
import { freshPlace } from '../support/places.js';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openDispatch();
});
afterEach(() => expectAgreement(fixture));
afterAll(() => fixture.close());

/** A search that began `agoMs` ago with one pilot near, not yet asked. */
async function searchUnderWay(agoMs: number, limits: Partial<SearchLimits> = {}) {
  const place = freshPlace();
  const booking = await book(fixture, place, { searchPatienceMs: 100_000, ...limits });
  await claim(fixture, booking);
  const pilot = await addPilot(fixture, place, { km: 1.234 });
  await letPass(fixture, booking, agoMs);
  return { booking, pilot, place };
}

it('an offer lasts the offer timeout, and the pilot is told all of it', async () => {
  const { booking, pilot } = await searchUnderWay(0);
  const offer = await offerOf(fixture, booking);
  expect(fixture.emitter.to(`pilot:${pilot}`)).toEqual([
    [
      'booking:offer',
      {
        offerId: offer.offerId,
        bookingId: booking.id,
        bookingNumber: booking.bookingNumber,
        pickup: booking.pickup,
        dropoff: booking.dropoff,
        distanceKm: 1.23,
        tripKm: 3,
        vehicleTypeId: 'bike',
        package: null,
        payment: null,
        expiresAt: offer.expiresAt,
        remainingSeconds: 30,
        totalSeconds: 30,
        serverTime: anIsoTime,
        at: anIsoTime,
      },
    ],
  ]);
  const [row] = await fixture.query<{ lasts: number }>(
    'SELECT extract(epoch FROM expires_at - offered_at)::float AS lasts FROM offers WHERE id = $1',
    [offer.offerId],
  );
  expect(row?.lasts).toBeCloseTo(30, 3);
  expect(offer.remainingMs).toBeGreaterThan(29_000);
  expect(offer.remainingMs).toBeLessThanOrEqual(30_000);
});

it("an offer is cut short by the search's end, and its countdown says so", async () => {
  const { booking, pilot } = await searchUnderWay(110_050);
  const standing = await claim(fixture, booking);
  if (standing.kind !== 'offered') throw new Error(standing.kind);
  expect(standing.offer.expiresAt).toBe(standing.search.endsAt);
  const [[, payload] = []] = fixture.emitter.to(`pilot:${pilot}`);
  expect(payload).toMatchObject({
    expiresAt: standing.search.endsAt,
    remainingSeconds: 10,
    totalSeconds: 10,
  });
});

it('the countdown read later shows what is left, rounded up, of the same whole', async () => {
  const { booking, pilot } = await searchUnderWay(0);
  const { offerId } = await offerOf(fixture, booking);
  await letPass(fixture, booking, 12_050);
  const [offer] = await readOffers(fixture.context, pilot);
  expect(offer).toMatchObject({ offerId, remainingSeconds: 18, totalSeconds: 30 });
  expect(offerShape.strict().safeParse(offer).success).toBe(true);
  const left = Date.parse(offer?.expiresAt ?? '') - Date.parse(offer?.serverTime ?? '');
  expect(Math.ceil(left / 1000)).toBe(18);
});

it('an offer whose time is over is no live offer of the pilot any more', async () => {
  const { booking, pilot } = await searchUnderWay(0);
  await offerOf(fixture, booking);
  await letPass(fixture, booking, 30_001);
  expect(await readOffers(fixture.context, pilot)).toEqual([]);
});

it('with a little more than a second left, one is made', async () => {
  const { booking } = await searchUnderWay(118_000);
  const offer = await offerOf(fixture, booking);
  expect(offer.remainingMs).toBeGreaterThan(1_000);
  expect(offer.remainingMs).toBeLessThanOrEqual(2_000);
});

it('with less than a second left none is made: the search waits for its end', async () => {
  const { booking, pilot } = await searchUnderWay(119_050);
  const before = await fixture.query('SELECT * FROM pilots WHERE id = $1', [pilot]);
  const standing = await claim(fixture, booking);
  expect(standing).toMatchObject({ kind: 'waiting', until: 'search_end' });
  const waitMs = standing.kind === 'waiting' ? standing.waitMs : 0;
  expect(waitMs).toBeGreaterThan(0);
  expect(waitMs).toBeLessThanOrEqual(950);
  expect(await fixture.query('SELECT * FROM offers WHERE booking_id = $1', [booking.id])).toEqual([]);
  expect(await fixture.query('SELECT * FROM pilots WHERE id = $1', [pilot])).toEqual(before);
  expect(fixture.emitter.to(`pilot:${pilot}`)).toEqual([]);
  await letPass(fixture, booking, 950);
  expect(await claim(fixture, booking)).toMatchObject({ kind: 'failed', reason: 'search_timeout' });
});

it('whatever is left of the search, no offer lasts less than a second', async () => {
  for (let left = 900; left <= 1_100; left += 20) {
    const { booking } = await searchUnderWay(120_000 - left);
    const standing = await claim(fixture, booking);
    // A machine that was busy for the second that was left finds the search over, and never "no pilots".
    if (standing.kind === 'failed') expect(standing.reason).toBe('search_timeout');
    else expect(['offered', 'waiting']).toContain(standing.kind);
    const [row] = await fixture.query<{ lasts: number }>(
      'SELECT extract(epoch FROM expires_at - offered_at)::float AS lasts FROM offers WHERE booking_id = $1',
      [booking.id],
    );
    if (standing.kind === 'offered') expect(row?.lasts).toBeGreaterThanOrEqual(1);
    else expect(row).toBeUndefined();
    await letPass(fixture, booking, 5_000);
    await claim(fixture, booking);
  }
});

it("a search shorter than an offer's time cuts its first offer", async () => {
  const place = freshPlace();
  await addPilot(fixture, place);
  const booking = await book(fixture, place, { searchTimeoutMs: 5_000 });
  const offer = await offerOf(fixture, booking);
  expect(offer.remainingMs).toBeLessThanOrEqual(5_000);
  expect(offer.remainingMs).toBeGreaterThan(4_000);
});
