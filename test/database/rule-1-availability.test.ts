// Rule 1: who is available. One test for each condition: he would be asked but for this one thing.
import type { LatLng } from '../../contract/geo.js';
import { markSeen, setOnline, upsertPositions } from '../../database/statements/pilots.js';
import { acceptByTap, declineByTap } from '../../dispatch/answer-offer.js';
import { releaseByOperator, releaseByPilot } from '../../dispatch/jobs.js';
import { retryByCaller } from '../../dispatch/retry-search.js';
import { expectAgreement } from '../support/agreement.js';
import {
  book,
  claim,
  customer,
  letPass,
  offerOf,
  openDispatch,
  type Fixture,
} from '../support/dispatch-fixture.js';
import { addPilot, at } from '../support/pilots.js';
import { freshPlace, northOf } from '../support/places.js';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openDispatch();
});
afterEach(() => expectAgreement(fixture));
afterAll(() => fixture.close());

const nobody = expect.objectContaining({ kind: 'failed', reason: 'no_pilots' });

/** Would a new booking at `place` be offered, and to whom? */
async function asked(place: LatLng): Promise<string | null> {
  const booking = await book(fixture, place);
  const standing = await claim(fixture, booking);
  if (standing.kind !== 'offered') {
    expect(standing).toEqual(nobody);
    return null;
  }
  await declineByTap(fixture.context, { pilotId: standing.offer.pilotId, offerId: standing.offer.offerId });
  return standing.offer.pilotId;
}

describe('a pilot is asked', () => {
  it('when all conditions hold', async () => {
    const place = freshPlace();
    const pilot = await addPilot(fixture, place);
    expect(await asked(place)).toBe(pilot);
  });

  it('only while online', async () => {
    const place = freshPlace();
    const pilot = await addPilot(fixture, place);
    await setOnline(fixture.source.manager, pilot, false);
    expect(await asked(place)).toBeNull();
    await setOnline(fixture.source.manager, pilot, true);
    expect(await asked(place)).toBe(pilot);
  });

  it.each([
    ['just fresh enough', 59_000, true],
    ['too old', 60_000, false],
  ])('only with a fresh position: %s', async (_name, ageMs, expected) => {
    const place = freshPlace();
    const pilot = await addPilot(fixture, place);
    await fixture.query(
      `UPDATE pilot_positions SET received_at = received_at - $2::double precision * interval '1 ms' WHERE pilot_id = $1`,
      [pilot, ageMs],
    );
    expect(await asked(place)).toBe(expected ? pilot : null);
  });

  it('only with a position at all', async () => {
    const place = freshPlace();
    const pilot = await addPilot(fixture, place);
    await fixture.query('DELETE FROM pilot_positions WHERE pilot_id = $1', [pilot]);
    expect(await asked(place)).toBeNull();
  });

  it("by the booking's own limit of staleness, not today's default", async () => {
    const place = freshPlace();
    await addPilot(fixture, place);
    await fixture.query(`UPDATE pilot_positions SET received_at = received_at - interval '3 s'`);
    const booking = await book(fixture, place, { pilotStaleMs: 2_000 });
    expect(await claim(fixture, booking)).toEqual(nobody);
  });

  it('only with the right vehicle', async () => {
    const place = freshPlace();
    await addPilot(fixture, place, { vehicleTypeId: 'van' });
    expect(await asked(place)).toBeNull();
    const bike = await addPilot(fixture, place, { km: 4 });
    expect(await asked(place)).toBe(bike);
  });

  it.each([
    ['a sign of life 9.5 s ago', 9_500, true],
    ['none for 10 s', 10_000, false],
  ])('only when reachable: %s', async (_name, agoMs, expected) => {
    const place = freshPlace();
    const pilot = await addPilot(fixture, place);
    await fixture.query('DELETE FROM pilot_presence WHERE pilot_id = $1', [pilot]);
    expect(await asked(place)).toBeNull();
    await markSeen(fixture.source.manager, [{ pilotId: pilot, agoMs }]);
    expect(await asked(place)).toBe(expected ? pilot : null);
  });

  it('not while he holds a live offer of another booking', async () => {
    const place = freshPlace();
    const pilot = await addPilot(fixture, place);
    const { offerId } = await offerOf(fixture, await book(fixture, place));
    expect(await asked(place)).toBeNull();
    await declineByTap(fixture.context, { pilotId: pilot, offerId });
    expect(await asked(place)).toBe(pilot);
  });

  it('not while he has a job', async () => {
    const place = freshPlace();
    const pilot = await addPilot(fixture, place);
    const booking = await book(fixture, place);
    const { offerId } = await offerOf(fixture, booking);
    await acceptByTap(fixture.context, { pilotId: pilot, offerId });
    expect(await asked(place)).toBeNull();
    await releaseByOperator(fixture.context, { bookingId: booking.id, adminId: pilot, reason: 'test' });
    expect(await asked(place)).toBe(pilot);
  });

  it('once in a search, and again in the next', async () => {
    const place = freshPlace();
    const pilot = await addPilot(fixture, place);
    const user = customer();
    const booking = await book(fixture, place, {}, user);
    const { offerId } = await offerOf(fixture, booking);
    await declineByTap(fixture.context, { pilotId: pilot, offerId });
    expect(await claim(fixture, booking)).toEqual(nobody);
    await retryByCaller(fixture.context, { bookingId: booking.id, caller: { type: 'user', id: user.id } });
    expect(await offerOf(fixture, booking)).toMatchObject({ pilotId: pilot, number: 1 });
  });

  it('never again for a booking that he gave back, in no later search', async () => {
    const place = freshPlace();
    const pilot = await addPilot(fixture, place);
    const user = customer();
    const booking = await book(fixture, place, {}, user);
    const { offerId } = await offerOf(fixture, booking);
    await acceptByTap(fixture.context, { pilotId: pilot, offerId });
    await releaseByPilot(fixture.context, { bookingId: booking.id, pilotId: pilot, reason: 'flat tyre' });
    for (const _round of [1, 2, 3]) {
      expect(await claim(fixture, booking)).toEqual(nobody);
      await retryByCaller(fixture.context, { bookingId: booking.id, caller: { type: 'user', id: user.id } });
    }
    expect(await asked(place)).toBe(pilot);
  });
});

describe('a pilot cools down for 10 min', () => {
  /** Books, accepts and gives back, `times` times; each `apartMs` after the one before. */
  async function giveBack(place: LatLng, pilot: string, times: number, apartMs = 0): Promise<void> {
    for (let time = 0; time < times; time += 1) {
      await fixture.query(
        `UPDATE offers SET ended_at = ended_at - $2::double precision * interval '1 ms'
        WHERE pilot_id = $1`,
        [pilot, apartMs],
      );
      const booking = await book(fixture, place);
      const { offerId } = await offerOf(fixture, booking);
      await acceptByTap(fixture.context, { pilotId: pilot, offerId });
      await releaseByPilot(fixture.context, { bookingId: booking.id, pilotId: pilot, reason: 'no' });
      await letPass(fixture, booking, 1);
    }
  }

  it('S12 · after three jobs given back in 10 min, and not after two', async () => {
    const place = freshPlace();
    const pilot = await addPilot(fixture, place);
    await giveBack(place, pilot, 2);
    expect(await asked(place)).toBe(pilot);
    await giveBack(place, pilot, 1);
    expect(await asked(place)).toBeNull();
    const [row] = await fixture.query<{ left_s: number }>(
      'SELECT extract(epoch FROM cooldown_until - clock_timestamp())::float AS left_s FROM pilots WHERE id = $1',
      [pilot],
    );
    expect(row?.left_s).toBeGreaterThan(590);
    expect(row?.left_s).toBeLessThanOrEqual(600);
    await fixture.query(
      `UPDATE pilots SET cooldown_until = cooldown_until - interval '10 min' WHERE id = $1`,
      [pilot],
    );
    expect(await asked(place)).toBe(pilot);
  });

  it('not when the three lie further apart', async () => {
    const place = freshPlace();
    const pilot = await addPilot(fixture, place);
    await giveBack(place, pilot, 3, 301_000);
    expect(await asked(place)).toBe(pilot);
  });
});

describe('a pilot who jumps more than 50 km at more than 1,000 km/h', () => {
  const jump = (pilot: string, to: LatLng) => upsertPositions(fixture.source.manager, [at(pilot, to)]);
  const lastSeenAgo = (pilot: string, seconds: number) =>
    fixture.query(
      `UPDATE pilot_positions SET received_at = received_at - $2::double precision * interval '1 s' WHERE pilot_id = $1`,
      [pilot, seconds],
    );

  it('S13 · is not asked for 60 s, also when he moves on quietly, and then he is', async () => {
    const place = freshPlace();
    const pilot = await addPilot(fixture, northOf(place, 60));
    await jump(pilot, place);
    expect(await asked(place)).toBeNull();
    await jump(pilot, northOf(place, 0.1));
    expect(await asked(place)).toBeNull();
    const [row] = await fixture.query<{ left_s: number }>(
      'SELECT extract(epoch FROM implausible_until - clock_timestamp())::float AS left_s FROM pilot_positions WHERE pilot_id = $1',
      [pilot],
    );
    expect(row?.left_s).toBeGreaterThan(55);
    expect(row?.left_s).toBeLessThanOrEqual(60);
    await fixture.query(
      `UPDATE pilot_positions SET implausible_until = clock_timestamp() WHERE pilot_id = $1`,
      [pilot],
    );
    expect(await asked(place)).toBe(pilot);
  });

  it.each([
    ['49 km at once: not far enough', 49, 0, true],
    ['60 km in 10 min: not fast enough', 60, 600, true],
    ['60 km in 3 min: implausible', 60, 180, false],
    ['51 km at once: implausible', 51, 0, false],
  ])('%s', async (_name, km, seconds, expected) => {
    const place = freshPlace();
    const pilot = await addPilot(fixture, place, { km });
    await lastSeenAgo(pilot, seconds);
    await jump(pilot, place);
    expect(await asked(place)).toBe(expected ? pilot : null);
  });
});
