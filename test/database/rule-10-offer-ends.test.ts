// Rule 10: what each end of an offer does to its row, and what it sends: nothing more, nothing less.
import { acceptByTap, declineByTap } from '../../dispatch/answer-offer.js';
import { assignByHand } from '../../dispatch/assign-by-hand.js';
import { setAvailability } from '../../dispatch/availability.js';
import { cancelByCaller, cancelBySignal } from '../../dispatch/cancel-booking.js';
import { claimNextPilot } from '../../dispatch/claim-next-pilot.js';
import { settleOffer } from '../../dispatch/settle-offer.js';
import { expectAgreement } from '../support/agreement.js';
import { book, customer, letPass, offerOf, openDispatch, type Fixture } from '../support/dispatch-fixture.js';
import { anIsoTime, aUuid } from '../support/matchers.js';
import { addPilot } from '../support/pilots.js';
import { freshPlace } from '../support/places.js';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openDispatch();
});
afterEach(() => expectAgreement(fixture));
afterAll(() => fixture.close());

async function offered() {
  const place = freshPlace();
  const user = customer();
  const pilot = await addPilot(fixture, place, { km: 1 });
  const booking = await book(fixture, place, {}, user);
  const offer = await offerOf(fixture, booking);
  return { place, user, pilot, booking, offer };
}
type Offered = Awaited<ReturnType<typeof offered>>;

const CARD = { id: aUuid, name: 'Paul Pilot', phone: '+1 514 555 0199', avatar: null, rating: null };
const CANCELLED = { message: 'Your booking was cancelled.' };
const TIME_OVER = {
  message: 'No drivers available at the moment. Would you like to try again?',
  canRetry: true,
  canCancel: true,
};

interface End {
  name: string;
  end: (one: Offered) => Promise<unknown>;
  offer: { status: string; end_reason: string | null };
  user: [event: string, rest: object];
  pilot: [event: string, rest: object][];
  admin: [event: string, rest: object][];
  /** Lines for the workflow; none where the workflow itself acts. */
  lines: string[];
}

const settle = ({ booking, offer }: Offered) =>
  settleOffer(fixture.context, { bookingId: booking.id, offerId: offer.offerId });

const ENDS: End[] = [
  {
    name: 'accepted',
    end: ({ offer }) => acceptByTap(fixture.context, offer),
    offer: { status: 'ACCEPTED', end_reason: null },
    user: [
      'booking:driver_assigned',
      { pilot: CARD, distanceKm: 1, etaSeconds: 144, message: 'Paul Pilot has accepted your booking!' },
    ],
    pilot: [['job:assigned', { id: aUuid, status: 'ASSIGNED' }]],
    admin: [['booking:assigned', { pilotId: aUuid, pilotName: 'Paul Pilot' }]],
    lines: ['accept'],
  },
  {
    name: 'accepted by signal',
    end: ({ booking, offer: { offerId, pilotId } }) =>
      settleOffer(fixture.context, {
        bookingId: booking.id,
        offerId,
        fact: { answer: 'accept', offerId, pilotId, by: 'operator' },
      }),
    offer: { status: 'ACCEPTED', end_reason: null },
    user: [
      'booking:driver_assigned',
      { pilot: CARD, distanceKm: 1, etaSeconds: 144, message: 'Paul Pilot has accepted your booking!' },
    ],
    pilot: [['job:assigned', { id: aUuid, status: 'ASSIGNED' }]],
    admin: [['booking:assigned', { pilotId: aUuid, pilotName: 'Paul Pilot' }]],
    lines: [],
  },
  {
    name: 'declined',
    end: ({ offer }) => declineByTap(fixture.context, offer),
    offer: { status: 'DECLINED', end_reason: 'declined' },
    user: ['booking:offer_declined', { message: 'Driver declined. Finding another driver...' }],
    pilot: [],
    admin: [],
    lines: ['decline'],
  },
  {
    name: 'timeout',
    end: async (one) => {
      await letPass(fixture, one.booking, 30_000);
      await settle(one);
    },
    offer: { status: 'EXPIRED', end_reason: 'timeout' },
    user: ['booking:offer_expired', { message: 'Driver did not respond. Finding another driver...' }],
    pilot: [['offer:expired', { offerId: aUuid, reason: 'timeout' }]],
    admin: [],
    lines: [],
  },
  {
    name: 'pilot went offline',
    end: ({ pilot }) => setAvailability(fixture.context, { pilotId: pilot, online: false }),
    offer: { status: 'WITHDRAWN', end_reason: 'offline' },
    user: [
      'booking:offer_expired',
      { message: 'Driver did not respond. Finding another driver...', reason: 'offline' },
    ],
    pilot: [['offer:expired', { offerId: aUuid, reason: 'offline' }]],
    admin: [],
    lines: ['nudge'],
  },
  {
    name: 'end of the search',
    end: async (one) => {
      await fixture.query(
        'UPDATE offers SET expires_at = s.ends_at FROM searches s WHERE id = $1 AND s.booking_id = $2',
        [one.offer.offerId, one.booking.id],
      );
      await letPass(fixture, one.booking, 120_000);
      await settle(one);
    },
    offer: { status: 'WITHDRAWN', end_reason: 'search_timeout' },
    user: ['booking:search_timeout', TIME_OVER],
    pilot: [['offer:expired', { offerId: aUuid, reason: 'search_timeout' }]],
    admin: [['booking:search_timeout', { triedPilots: 1 }]],
    lines: [],
  },
  {
    name: 'cancelled by the user',
    end: ({ booking, user }) =>
      cancelByCaller(fixture.context, {
        bookingId: booking.id,
        caller: { type: 'user', id: user.id },
        ageMs: 0,
      }),
    offer: { status: 'WITHDRAWN', end_reason: 'cancelled' },
    user: ['booking:cancelled', { ...CANCELLED, by: 'user' }],
    pilot: [['offer:expired', { offerId: aUuid, reason: 'cancelled' }]],
    admin: [],
    lines: ['cancel'],
  },
  {
    name: 'cancelled by signal',
    end: ({ booking }) => cancelBySignal(fixture.context, { bookingId: booking.id, by: 'operator' }),
    offer: { status: 'WITHDRAWN', end_reason: 'cancelled' },
    user: ['booking:cancelled', { ...CANCELLED, by: 'admin' }],
    pilot: [['offer:expired', { offerId: aUuid, reason: 'cancelled' }]],
    admin: [],
    lines: [],
  },
  {
    name: 'assigned by hand to another',
    end: async ({ booking, place, user }) => {
      const other = await addPilot(fixture, place, { km: 2, name: 'Olga' });
      await assignByHand(fixture.context, { bookingId: booking.id, pilotId: other, adminId: user.id });
    },
    offer: { status: 'WITHDRAWN', end_reason: 'reassigned' },
    user: [
      'booking:driver_assigned',
      { pilot: { ...CARD, name: 'Olga' }, distanceKm: 2, etaSeconds: 288, message: 'Olga is your driver.' },
    ],
    pilot: [['offer:expired', { offerId: aUuid, reason: 'reassigned' }]],
    admin: [['booking:assigned', { pilotId: aUuid, pilotName: 'Olga' }]],
    lines: ['nudge'],
  },
];

it.each(ENDS)('$name', async (wanted) => {
  const one = await offered();
  const { booking, user, pilot, offer } = one;
  const before = fixture.emitter.sent.length;
  await wanted.end(one);
  const [row] = await fixture.query('SELECT status, end_reason, ended_at FROM offers WHERE id = $1', [
    offer.offerId,
  ]);
  expect(row).toEqual({
    ...wanted.offer,
    ended_at: wanted.offer.end_reason === null ? null : expect.any(Date),
  });
  const sent = fixture.emitter.sent.slice(before);
  const to = (room: string) => sent.filter((e) => e.room === room).map((e) => [e.event, e.payload]);
  const with_ = (rest: object) => ({ ...rest, bookingId: booking.id, at: anIsoTime });
  expect(to(`user:${user.id}`)).toEqual([[wanted.user[0], { ...with_(wanted.user[1]), seq: 4 }]]);
  expect(to(`pilot:${pilot}`)).toEqual(
    wanted.pilot.map(([event, rest]) => [
      event,
      // The job is the booking itself; its fields have their own test (rule 8).
      event === 'job:assigned' ? expect.objectContaining({ ...rest, at: anIsoTime }) : with_(rest),
    ]),
  );
  expect(to('admin:assignments')).toEqual(wanted.admin.map(([event, rest]) => [event, with_(rest)]));
  const toSomeoneElse = sent.filter(
    (e) => ![`user:${user.id}`, `pilot:${pilot}`, 'admin:assignments'].includes(e.room),
  );
  expect(toSomeoneElse.map((e) => e.event)).toEqual(wanted.name.includes('by hand') ? ['job:assigned'] : []);
  const lines = await fixture.query('SELECT kind FROM outbox WHERE booking_id = $1 ORDER BY id', [
    booking.id,
  ]);
  expect(lines.slice(1).map((line) => line['kind'])).toEqual(wanted.lines);
});

it('an offer cut short by the search ends with the search also when a claim comes first', async () => {
  const one = await offered();
  await fixture.query(
    'UPDATE offers SET expires_at = s.ends_at FROM searches s WHERE id = $1 AND s.booking_id = $2',
    [one.offer.offerId, one.booking.id],
  );
  await letPass(fixture, one.booking, 120_000);
  const step = { bookingId: one.booking.id, offerId: '00000000-0000-4000-8000-000000000000' };
  expect(await claimNextPilot(fixture.context, step)).toMatchObject({
    kind: 'offered',
    offer: { remainingMs: 0 },
  });
  expect(await settle(one)).toMatchObject({ kind: 'failed', reason: 'search_timeout' });
  const told = fixture.emitter.to(`user:${one.user.id}`).slice(3);
  expect(told.map(([event]) => event)).toEqual(['booking:search_timeout']);
});

it('an offer that ended before the search did ends for itself, though both are over by now', async () => {
  const one = await offered();
  await letPass(fixture, one.booking, 500_000);
  expect(await settle(one)).toMatchObject({ kind: 'searching' });
  const [row] = await fixture.query('SELECT status, end_reason FROM offers WHERE id = $1', [
    one.offer.offerId,
  ]);
  expect(row).toEqual({ status: 'EXPIRED', end_reason: 'timeout' });
});
