// What operators watch of the whole city: pilots on the map, the latest events.
import { pilotMapShape, recentEventShape } from '../../contract/page-shapes.js';
import { upsertPositions } from '../../database/statements/pilots.js';
import { acceptByTap } from '../../dispatch/answer-offer.js';
import { setAvailability } from '../../dispatch/availability.js';
import { readEvents } from '../../dispatch/reads.js';
import { readPilotMap, readRecentEvents } from '../../dispatch/watching.js';
import { expectAgreement } from '../support/agreement.js';
import { conform } from '../support/conform.js';
import { upTo } from '../support/crowd.js';
import { book, claim, offerOf, openDispatch, type Fixture } from '../support/dispatch-fixture.js';
import { addPilot, at } from '../support/pilots.js';
import { freshPlace } from '../support/places.js';

let fixture: Fixture;
beforeEach(async () => {
  fixture = await openDispatch(4);
});
afterEach(async () => {
  await expectAgreement(fixture);
  await fixture.close();
});

describe('pilots on the map', () => {
  const map = () => readPilotMap(fixture.context, 60_000);

  it('are those online with a position: free, offered, on a job, or stale', async () => {
    expect((await map()).items).toEqual([]);
    const places = upTo(6).map(() => freshPlace());
    const [free, offered, onJob, stale, offline] = await Promise.all(
      upTo(5).map((n) => addPilot(fixture, places[n] ?? freshPlace(), { name: `Pilot ${n}` })),
    );
    await offerOf(fixture, await book(fixture, places[1] ?? freshPlace()));
    await acceptByTap(
      fixture.context,
      await offerOf(fixture, await book(fixture, places[2] ?? freshPlace())),
    );
    await fixture.query(
      `UPDATE pilot_positions SET received_at = received_at - interval '61 s' WHERE pilot_id = $1`,
      [stale],
    );
    await setAvailability(fixture.context, { pilotId: offline ?? '', online: false });
    const unplaced = await addPilot(fixture, freshPlace());
    await fixture.query('DELETE FROM pilot_positions WHERE pilot_id = $1', [unplaced]);
    const found = await map();
    conform(pilotMapShape, found);
    expect(new Map(found.items.map((one) => [one.id, one.state]))).toEqual(
      new Map([
        [free, 'free'],
        [offered, 'offered'],
        [onJob, 'job'],
        [stale, 'stale'],
      ]),
    );
  });

  it('are where they were last, to the metre', async () => {
    const pilot = await addPilot(fixture, freshPlace(), { name: 'Zoë' });
    const spot = { lat: 45.501234567, lng: -73.567654321 };
    await upsertPositions(fixture.source.manager, [{ ...at(pilot, spot), heading: 271.6 }]);
    expect((await map()).items).toMatchObject([
      { id: pilot, name: 'Zoë', vehicleTypeId: 'bike', lat: 45.50123, lng: -73.56765, heading: 272 },
    ]);
  });
});

describe('the latest events', () => {
  it('of all bookings, newest first, as their users were sent them', async () => {
    expect(await readRecentEvents(fixture.context, 50)).toEqual([]);
    const [one, two] = [await book(fixture, freshPlace()), await book(fixture, freshPlace())];
    await claim(fixture, one);
    const latest = await readRecentEvents(fixture.context, 50);
    for (const event of latest) conform(recentEventShape, event);
    expect(latest.map((event) => [event.bookingNumber, event.event])).toEqual([
      [one.bookingNumber, 'booking:no_pilots'],
      [one.bookingNumber, 'booking:search_started'],
      [two.bookingNumber, 'booking:created'],
      [one.bookingNumber, 'booking:created'],
    ]);
    const told = await readEvents(fixture.context, one.id, { type: 'admin', id: one.id }, 0);
    const ofOne = latest.filter((event) => event.bookingId === one.id).reverse();
    expect(ofOne.map(({ bookingId: _id, bookingNumber: _number, ...event }) => event)).toEqual(told);
    expect(await readRecentEvents(fixture.context, 2)).toEqual(latest.slice(0, 2));
  });

  it('come from the end of the index, however many there are', async () => {
    const { id } = await book(fixture, freshPlace());
    await fixture.query(
      `INSERT INTO booking_events (booking_id, seq, event, payload, at)
       SELECT $1, n, 'booking:created', '{}', clock_timestamp() FROM generate_series(2, 20000) n`,
      [id],
    );
    await fixture.query('ANALYZE booking_events');
    const plan = await fixture.query<{ 'QUERY PLAN': string }>(
      `EXPLAIN SELECT e.* FROM booking_events e JOIN bookings b ON b.id = e.booking_id
       ORDER BY e.at DESC, e.booking_id, e.seq DESC LIMIT 50`,
    );
    expect(plan.map((line) => line['QUERY PLAN']).join('\n')).toContain('ix_booking_events_at');
    await fixture.query('DELETE FROM booking_events WHERE booking_id = $1 AND seq > 1', [id]);
  });
});
