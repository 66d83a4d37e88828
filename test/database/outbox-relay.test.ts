// The relay over real rows: everything is told at least once, whoever dies and however long Temporal is away (F9, F15).
import { pino } from 'pino';
import { acceptByTap } from '../../dispatch/answer-offer.js';
import { cancelByCaller } from '../../dispatch/cancel-booking.js';
import { OutboxRelay } from '../../src/outbox/outbox-relay.js';
import { expectAgreement } from '../support/agreement.js';
import { inCrowd, upTo } from '../support/crowd.js';
import { book, offerOf, openDispatch, type Fixture } from '../support/dispatch-fixture.js';
import { addPilot } from '../support/pilots.js';
import { freshPlace } from '../support/places.js';
import { PretendTemporal } from '../support/pretend-temporal.js';
import { eventually } from '../support/waiting.js';

let fixture: Fixture;
let temporal: PretendTemporal;
let relays: OutboxRelay[] = [];
beforeAll(async () => {
  fixture = await openDispatch();
});
beforeEach(async () => {
  await fixture.query('DELETE FROM outbox');
  temporal = new PretendTemporal();
});
afterEach(async () => {
  await Promise.all(relays.map((relay) => relay.onApplicationShutdown()));
  relays = [];
  delete fixture.context.deliver;
  await expectAgreement(fixture);
});
afterAll(() => fixture.close());

const logger = pino({ level: 'silent' });
/** A relay as one API process has it; `deliverAtOnce` false: as if its writer had died after the commit. */
function relay(deliverAtOnce = true): OutboxRelay {
  const context = deliverAtOnce ? fixture.context : { ...fixture.context };
  const made = new OutboxRelay(context, temporal.client, logger);
  relays.push(made);
  return made;
}
const lines = () => fixture.query('SELECT kind, attempts FROM outbox ORDER BY id');
const emptied = () => eventually('an empty outbox', async () => (await lines()).length === 0);

it('the process that commits tells at once, and the line goes', async () => {
  relay().onApplicationBootstrap();
  const booking = await book(fixture, freshPlace());
  await eventually('the start', () => temporal.of(booking.id).includes('start'), 1_000);
  await emptied();
  expect(temporal.of(booking.id)).toEqual(['start']);
});

it('F1 · a start whose writer died is told by another process within 2 s', async () => {
  relay(false).onApplicationBootstrap();
  const booking = await book(fixture, freshPlace());
  await eventually('the start', () => temporal.of(booking.id).includes('start'), 2_000);
  await emptied();
});

it('F15 · two relays tell every one of 120 lines', async () => {
  for (const one of [relay(false), relay(false)]) one.onApplicationBootstrap();
  const bookings = await inCrowd(10, upTo(120), () => book(fixture, freshPlace()));
  await emptied();
  expect(new Set(temporal.told)).toEqual(new Set(bookings.map((one) => `start ${one.id}`)));
});

it('while Temporal is away taps are answered and nothing is lost; when it is back all is told', async () => {
  const one = relay();
  one.onApplicationBootstrap();
  const place = freshPlace();
  await addPilot(fixture, place);
  const booking = await book(fixture, place);
  await emptied();
  temporal.away = true;
  const offer = await offerOf(fixture, booking);
  expect(await acceptByTap(fixture.context, offer)).toMatchObject({ outcome: 'ASSIGNED' });
  const caller = { type: 'admin' as const, id: booking.userId };
  expect(await cancelByCaller(fixture.context, { bookingId: booking.id, caller, ageMs: 0 })).toMatchObject({
    status: 'CANCELLED',
  });
  await eventually('attempts without success', async () =>
    (await lines()).every((line) => (line['attempts'] as number) > 1),
  );
  expect(await lines()).toHaveLength(2);
  temporal.away = false;
  await emptied();
  expect(temporal.of(booking.id).sort()).toEqual(['accept', 'cancel', 'start']);
});

it('F18 · a signal to a workflow that is gone brings it back, but none to a booking that is over', async () => {
  relay().onApplicationBootstrap();
  const place = freshPlace();
  await addPilot(fixture, place);
  const booking = await book(fixture, place);
  await emptied();
  temporal.open.delete(booking.id); // terminated by hand
  await acceptByTap(fixture.context, await offerOf(fixture, booking));
  await emptied();
  expect(temporal.of(booking.id)).toEqual(['start', 'accept', 'start']);
  temporal.open.delete(booking.id);
  const caller = { type: 'admin' as const, id: booking.userId };
  await cancelByCaller(fixture.context, { bookingId: booking.id, caller, ageMs: 0 });
  await emptied();
  expect(temporal.of(booking.id)).toEqual(['start', 'accept', 'start', 'cancel']);
});

it('a line that was told, and whose teller died before it said so, is told again', async () => {
  const dying = relay();
  const booking = await book(fixture, freshPlace()); // told at once; this relay's loop never runs
  await eventually('the start', () => temporal.of(booking.id).length === 1);
  relay(false).onApplicationBootstrap();
  await eventually('the start again', () => temporal.of(booking.id).length === 2);
  expect(temporal.of(booking.id)).toEqual(['start', 'start']);
  expect(dying).toBeDefined();
  await emptied();
});
