// Rule 6: an offer that cannot be made passes on, uses up no try, and that pilot is not asked again.
import { randomUUID } from 'node:crypto';
import { setOnline } from '../../database/statements/pilots.js';
import { declineByTap } from '../../dispatch/answer-offer.js';
import { expectAgreement } from '../support/agreement.js';
import { book, claim, openDispatch, type Fixture } from '../support/dispatch-fixture.js';
import { addPilot } from '../support/pilots.js';
import { freshPlace } from '../support/places.js';
import { eventually } from '../support/waiting.js';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openDispatch();
});
afterEach(() => expectAgreement(fixture));
afterAll(() => fixture.close());

/** Resolves when some statement on offers or pilots waits for a lock: the race is where it is wanted. */
const somebodyWaits = () =>
  eventually('a statement that waits for a lock', async () => {
    const waiting = await fixture.query(
      `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    return waiting.length > 0;
  });

/** Another booking takes the pilot in a transaction that is not committed yet; answers how to commit it. */
async function takenMeanwhile(place: { lat: number; lng: number }, pilot: string) {
  const other = await book(fixture, place);
  await fixture.query(
    `UPDATE searches SET started_at = clock_timestamp(), ends_at = clock_timestamp() + interval '2 min' WHERE booking_id = $1`,
    [other.id],
  );
  const runner = fixture.source.createQueryRunner();
  await runner.startTransaction();
  const offerId = randomUUID();
  await runner.query(
    `INSERT INTO offers (id, booking_id, search_no, pilot_id, number, status, distance_km, expires_at)
     VALUES ($1, $2, 1, $3, 1, 'OFFERED', 1, clock_timestamp() + interval '30 s')`,
    [offerId, other.id, pilot],
  );
  return {
    offerId,
    commit: async () => {
      await runner.commitTransaction();
      await runner.release();
    },
  };
}

it('the best pilot is taken while the offer is being written: the next is asked, as number 1', async () => {
  const place = freshPlace();
  const best = await addPilot(fixture, place, { km: 1 });
  const next = await addPilot(fixture, place, { km: 2 });
  const rival = await takenMeanwhile(place, best);
  const booking = await book(fixture, place);
  const claiming = claim(fixture, booking);
  await somebodyWaits();
  await rival.commit();
  expect(await claiming).toMatchObject({ kind: 'offered', offer: { pilotId: next, number: 1 } });
});

it('the pilot who was taken is not asked again in this search, though he comes free', async () => {
  const place = freshPlace();
  const best = await addPilot(fixture, place, { km: 1 });
  const next = await addPilot(fixture, place, { km: 2 });
  const rival = await takenMeanwhile(place, best);
  const booking = await book(fixture, place);
  const claiming = claim(fixture, booking);
  await somebodyWaits();
  await rival.commit();
  await claiming;
  await declineByTap(fixture.context, { pilotId: best, offerId: rival.offerId });
  const [offer] = await fixture.query<{ id: string }>(
    `SELECT id FROM offers WHERE booking_id = $1 AND number > 0`,
    [booking.id],
  );
  await declineByTap(fixture.context, { pilotId: next, offerId: offer?.id ?? '' });
  expect(await claim(fixture, booking)).toMatchObject({ kind: 'failed', reason: 'no_pilots' });
});

it('the best pilot goes offline while he is being claimed: the next is asked, as number 1', async () => {
  const place = freshPlace();
  const best = await addPilot(fixture, place, { km: 1 });
  const next = await addPilot(fixture, place, { km: 2 });
  const runner = fixture.source.createQueryRunner();
  await runner.startTransaction();
  await setOnline(runner.manager, best, false);
  const booking = await book(fixture, place);
  const claiming = claim(fixture, booking);
  await runner.commitTransaction();
  await runner.release();
  expect(await claiming).toMatchObject({ kind: 'offered', offer: { pilotId: next, number: 1 } });
});

describe('the write of the offer to one pilot fails', () => {
  const poison = (pilot: string) =>
    fixture.query(`CREATE FUNCTION poisoned() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN IF NEW.pilot_id = '${pilot}' AND NEW.status = 'OFFERED' THEN RAISE EXCEPTION 'this write fails'; END IF; RETURN NEW; END $$`);

  beforeEach(() => fixture.query('DROP FUNCTION IF EXISTS poisoned CASCADE'));
  afterEach(() => fixture.query('DROP FUNCTION IF EXISTS poisoned CASCADE'));

  it('the next is asked, as number 1', async () => {
    const place = freshPlace();
    const best = await addPilot(fixture, place, { km: 1 });
    const next = await addPilot(fixture, place, { km: 2 });
    await poison(best);
    await fixture.query(
      'CREATE TRIGGER poisoned BEFORE INSERT ON offers FOR EACH ROW EXECUTE FUNCTION poisoned()',
    );
    const standing = await claim(fixture, await book(fixture, place));
    expect(standing).toMatchObject({ kind: 'offered', offer: { pilotId: next, number: 1 } });
  });

  it('and nothing of the failed one is left: no offer, no event, no emission', async () => {
    const place = freshPlace();
    const best = await addPilot(fixture, place, { km: 1 });
    await poison(best);
    await fixture.query(
      'CREATE TRIGGER poisoned BEFORE INSERT ON offers FOR EACH ROW EXECUTE FUNCTION poisoned()',
    );
    const booking = await book(fixture, place);
    await claim(fixture, booking).catch(() => undefined);
    expect(
      await fixture.query('SELECT 1 FROM offers WHERE booking_id = $1 AND number > 0', [booking.id]),
    ).toEqual([]);
    expect(fixture.emitter.to(`pilot:${best}`)).toEqual([]);
    await fixture.query('DROP FUNCTION poisoned CASCADE');
    const after = await claim(fixture, booking);
    expect(['failed', 'offered']).toContain(after.kind);
  });
});

it('a claim that is beaten to its pilot leaves no offer and no event of it', async () => {
  const place = freshPlace();
  const best = await addPilot(fixture, place);
  const rival = await takenMeanwhile(place, best);
  const booking = await book(fixture, place, { searchPatienceMs: 60_000 });
  const claiming = claim(fixture, booking);
  await somebodyWaits();
  await rival.commit();
  expect(await claiming).toMatchObject({ kind: 'waiting', search: { triedPilotIds: [] } });
  const events = await fixture.query(`SELECT event FROM booking_events WHERE booking_id = $1 ORDER BY seq`, [
    booking.id,
  ]);
  expect(events.map((one) => one['event'])).toEqual(['booking:created', 'booking:search_started']);
});
