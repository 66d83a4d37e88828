// Rule 11 and going on- and offline: a position counts from its receipt; nobody offline keeps a live offer.
import { markSeen, upsertPositions } from '../../database/statements/pilots.js';
import { acceptByTap } from '../../dispatch/answer-offer.js';
import { setAvailability } from '../../dispatch/availability.js';
import { releaseByPilot } from '../../dispatch/jobs.js';
import { readPilot } from '../../dispatch/reads.js';
import { pilotShape } from '../../contract/shapes.js';
import { expectAgreement } from '../support/agreement.js';
import { inCrowd, jitter, upTo } from '../support/crowd.js';
import { book, claim, letPass, offerOf, openDispatch, type Fixture } from '../support/dispatch-fixture.js';
import { anIsoTime } from '../support/matchers.js';
import { addPilot, at } from '../support/pilots.js';
import { freshPlace, northOf } from '../support/places.js';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openDispatch();
});
afterEach(() => expectAgreement(fixture));
afterAll(() => fixture.close());

const go = (pilotId: string, online: boolean) => setAvailability(fixture.context, { pilotId, online });

it('going on- and offline answers the pilot; twice is fine', async () => {
  const place = freshPlace();
  const pilot = await addPilot(fixture, place, { km: 0, rating: 4.5 });
  const shown = {
    id: pilot,
    name: 'Paul Pilot',
    phone: '+1 514 555 0199',
    vehicleTypeId: 'bike',
    avatar: null,
    rating: 4.5,
    position: { lat: place.lat, lng: place.lng, at: anIsoTime },
  };
  for (const online of [false, false, true, true]) {
    const answer = await go(pilot, online);
    expect(answer).toEqual({ ...shown, online });
    expect(pilotShape.strict().safeParse(answer).success).toBe(true);
    expect(await readPilot(fixture.context, pilot)).toEqual(answer);
  }
});

it('an unknown pilot: 404 both ways', async () => {
  for (const online of [true, false])
    await expect(go('00000000-0000-4000-8000-00000000dead', online)).rejects.toMatchObject({
      name: 'NotFoundError',
    });
});

it('offline is refused during a job: 409 pilot_on_job, and he stays online', async () => {
  const place = freshPlace();
  const pilot = await addPilot(fixture, place);
  const booking = await book(fixture, place);
  await acceptByTap(fixture.context, await offerOf(fixture, booking));
  await expect(go(pilot, false)).rejects.toMatchObject({ name: 'ConflictError', code: 'pilot_on_job' });
  expect(await readPilot(fixture.context, pilot)).toMatchObject({ online: true });
  expect(await go(pilot, true)).toMatchObject({ online: true });
  await releaseByPilot(fixture.context, { bookingId: booking.id, pilotId: pilot, reason: 'x' });
  expect(await go(pilot, false)).toMatchObject({ online: false });
});

it('offline after the time of his offer, before anybody has ended it: the offer has timed out', async () => {
  const place = freshPlace();
  const pilot = await addPilot(fixture, place);
  const booking = await book(fixture, place);
  const { offerId } = await offerOf(fixture, booking);
  await letPass(fixture, booking, 31_000);
  expect(await go(pilot, false)).toMatchObject({ online: false });
  const ended = await fixture.query('SELECT status, end_reason FROM offers WHERE id = $1', [offerId]);
  expect(ended).toEqual([{ status: 'EXPIRED', end_reason: 'timeout' }]);
  expect(fixture.emitter.to(`pilot:${pilot}`).at(-1)).toMatchObject([
    'offer:expired',
    { offerId, reason: 'timeout' },
  ]);
});

it('a position sent while offline counts as soon as he is online', async () => {
  const place = freshPlace();
  const pilot = await addPilot(fixture, northOf(place, 40));
  await go(pilot, false);
  await upsertPositions(fixture.source.manager, [at(pilot, place)]);
  expect((await claim(fixture, await book(fixture, place))).kind).toBe('failed');
  await go(pilot, true);
  expect(await offerOf(fixture, await book(fixture, place))).toMatchObject({ pilotId: pilot });
});

it('a position that was written is seen by every later search', async () => {
  const [here, there] = [freshPlace(), freshPlace()];
  const pilot = await addPilot(fixture, here);
  await fixture.query(
    `UPDATE pilot_positions SET received_at = received_at - interval '1 day' WHERE pilot_id = $1`,
    [pilot],
  );
  await upsertPositions(fixture.source.manager, [at(pilot, there)]);
  expect((await claim(fixture, await book(fixture, here))).kind).toBe('failed');
  expect(await offerOf(fixture, await book(fixture, there))).toMatchObject({ pilotId: pilot });
});

it('a pilot whose socket is gone keeps his live offer and may accept it', async () => {
  const place = freshPlace();
  const pilot = await addPilot(fixture, place);
  const offer = await offerOf(fixture, await book(fixture, place));
  await fixture.query(
    `UPDATE pilot_presence SET seen_at = clock_timestamp() - interval '1 hour' WHERE pilot_id = $1`,
    [pilot],
  );
  await fixture.query(
    `UPDATE pilot_positions SET received_at = received_at - interval '1 hour' WHERE pilot_id = $1`,
    [pilot],
  );
  expect(await readPilot(fixture.context, pilot)).toMatchObject({ online: true });
  expect(await acceptByTap(fixture.context, offer)).toMatchObject({ outcome: 'ASSIGNED' });
});

it('a sign of life never moves back, whatever comes late', async () => {
  const place = freshPlace();
  const pilot = await addPilot(fixture, place);
  await fixture.query('DELETE FROM pilot_presence WHERE pilot_id = $1', [pilot]);
  const { manager } = fixture.source;
  await markSeen(manager, [{ pilotId: pilot, agoMs: 0 }]);
  await markSeen(manager, [{ pilotId: pilot, agoMs: 60_000 }]);
  expect(await offerOf(fixture, await book(fixture, place))).toMatchObject({ pilotId: pilot });
});

it('offline against a claim, 100 times: never an offline pilot with a live offer', async () => {
  const seen = { offered: 0, passedOver: 0 };
  await inCrowd(6, upTo(100), async () => {
    const place = freshPlace();
    const pilot = await addPilot(fixture, place);
    const booking = await book(fixture, place);
    const [standing] = await Promise.all([
      // Each has its ways to Postgres before it takes or sets him: either may have to start a little later to meet the other.
      jitter(25).then(() => claim(fixture, booking)),
      jitter(30).then(() => go(pilot, false)),
    ]);
    seen[standing.kind === 'offered' ? 'offered' : 'passedOver'] += 1;
    const held = await fixture.query(
      `SELECT o.status, p.online FROM pilots p LEFT JOIN offers o ON o.pilot_id = p.id WHERE p.id = $1`,
      [pilot],
    );
    expect(held).toEqual([{ status: standing.kind === 'offered' ? 'WITHDRAWN' : null, online: false }]);
    const told = fixture.emitter.to(`pilot:${pilot}`).map(([event]) => event);
    expect(told).toEqual(standing.kind === 'offered' ? ['booking:offer', 'offer:expired'] : []);
  });
  expect(Math.min(seen.offered, seen.passedOver)).toBeGreaterThan(2);
}, 120_000);

it('offline against accept, 60 times: either the job, or offline without the offer', async () => {
  await inCrowd(6, upTo(60), async () => {
    const place = freshPlace();
    const pilot = await addPilot(fixture, place);
    const offer = await offerOf(fixture, await book(fixture, place));
    const [offline, accepted] = await Promise.allSettled([
      jitter(4).then(() => go(pilot, false)),
      jitter(4).then(() => acceptByTap(fixture.context, offer)),
    ]);
    expect([offline.status, accepted.status].sort()).toEqual(['fulfilled', 'rejected']);
    const lost = offline.status === 'rejected' ? offline : accepted;
    const code = offline.status === 'rejected' ? 'pilot_on_job' : 'offer_withdrawn';
    expect(lost).toMatchObject({ reason: { code } });
    expect(await readPilot(fixture.context, pilot)).toMatchObject({ online: offline.status === 'rejected' });
  });
});

it('on- and offline twenty times at once ends without an error', async () => {
  const pilot = await addPilot(fixture, freshPlace());
  await inCrowd(20, upTo(20), (index) => go(pilot, index % 2 === 0));
  expect(await go(pilot, true)).toMatchObject({ online: true });
});
