// Rule 8: accept is decided once, by Postgres' clock; what is refused says what is so.
import { acceptByTap, declineByTap, type Tap } from '../../dispatch/answer-offer.js';
import { setAvailability } from '../../dispatch/availability.js';
import { cancelByCaller } from '../../dispatch/cancel-booking.js';
import { releaseByPilot, stepJob } from '../../dispatch/jobs.js';
import { readBooking } from '../../dispatch/reads.js';
import { settleOffer } from '../../dispatch/settle-offer.js';
import { bookingShape } from '../../contract/shapes.js';
import { expectAgreement } from '../support/agreement.js';
import { inCrowd, upTo } from '../support/crowd.js';
import {
  book,
  customer,
  letPass,
  offerOf,
  openConnections,
  openDispatch,
  type Fixture,
} from '../support/dispatch-fixture.js';
import { anIsoTime } from '../support/matchers.js';
import { addPilot } from '../support/pilots.js';
import { freshPlace } from '../support/places.js';

const DEVICES = 50;
let fixture: Fixture;
beforeAll(async () => {
  fixture = await openDispatch(DEVICES);
  await openConnections(fixture, DEVICES);
});
afterEach(() => expectAgreement(fixture));
afterAll(() => fixture.close());

async function offered() {
  const place = freshPlace();
  const user = customer();
  const pilot = await addPilot(fixture, place, {
    km: 2.5,
    name: 'Pia',
    avatar: 'https://a.example/p.png',
    rating: 4.9,
  });
  const booking = await book(fixture, place, {}, user, {
    note: 'ring twice',
    package: { description: 'cake', weightKg: 2 },
    payment: { method: 'COD', amount: 12.5, currency: 'CAD' },
  });
  const offer = await offerOf(fixture, booking);
  const caller = { type: 'user' as const, id: user.id };
  return {
    user,
    pilot,
    booking,
    offer,
    accept: (tap: Partial<Tap> = {}) => acceptByTap(fixture.context, { ...offer, ...tap }),
    decline: (tap: Partial<Tap> = {}) => declineByTap(fixture.context, { ...offer, ...tap }),
    cancel: () => cancelByCaller(fixture.context, { bookingId: booking.id, caller, ageMs: 0 }),
    settle: () => settleOffer(fixture.context, { bookingId: booking.id, offerId: offer.offerId }),
    release: () => releaseByPilot(fixture.context, { bookingId: booking.id, pilotId: pilot, reason: 'no' }),
    row: async () => (await fixture.query('SELECT * FROM offers WHERE id = $1', [offer.offerId]))[0],
    lines: async () =>
      (
        await fixture.query('SELECT kind, payload FROM outbox WHERE booking_id = $1 ORDER BY id', [
          booking.id,
        ])
      ).slice(1),
  };
}

const conflict = (code: string) => expect.objectContaining({ name: 'ConflictError', code });
const NOT_FOUND = expect.objectContaining({ name: 'NotFoundError' });

it('before its end: ASSIGNED, with the booking as its pilot sees it, and everybody is told', async () => {
  const { user, pilot, booking, offer, accept, row, lines } = await offered();
  const answer = await accept();
  const job = {
    ...booking,
    status: 'ASSIGNED',
    pilot: {
      id: pilot,
      name: 'Pia',
      phone: '+1 514 555 0199',
      avatar: 'https://a.example/p.png',
      rating: 4.9,
    },
    user: { name: 'Ann Customer', phone: '+1 514 555 0100' },
    assignedAt: anIsoTime,
  };
  expect(answer).toEqual({ outcome: 'ASSIGNED', booking: job });
  expect(bookingShape.strict().safeParse(answer.booking).success).toBe(true);
  expect(await row()).toMatchObject({ status: 'ACCEPTED', accepted_at: expect.any(Date), ended_at: null });
  expect(fixture.emitter.to(`user:${user.id}`).slice(3)).toEqual([
    [
      'booking:driver_assigned',
      {
        bookingId: booking.id,
        pilot: job.pilot,
        distanceKm: 2.5,
        etaSeconds: 360,
        message: 'Pia has accepted your booking!',
        seq: 4,
        at: anIsoTime,
      },
    ],
  ]);
  expect(fixture.emitter.to(`pilot:${pilot}`).slice(1)).toEqual([
    ['job:assigned', { ...job, at: anIsoTime }],
  ]);
  expect(fixture.emitter.to('admin:assignments', booking.id)).toEqual([
    ['booking:assigned', { bookingId: booking.id, pilotId: pilot, pilotName: 'Pia', at: anIsoTime }],
  ]);
  expect(await lines()).toEqual([
    { kind: 'accept', payload: { offerId: offer.offerId, pilotId: pilot, by: 'pilot' } },
  ]);
  const [search] = await fixture.query('SELECT outcome FROM searches WHERE booking_id = $1', [booking.id]);
  expect(search).toEqual({ outcome: 'assigned' });
});

it('F12 · after its end by Postgres clock it loses, though nobody has ended the offer yet', async () => {
  const { booking, accept, decline, row, lines } = await offered();
  await letPass(fixture, booking, 30_000);
  await expect(accept()).rejects.toEqual(conflict('offer_expired'));
  await expect(decline()).rejects.toEqual(conflict('offer_expired'));
  expect(await row()).toMatchObject({ status: 'OFFERED', accepted_at: null });
  expect(await lines()).toEqual([]);
});

it('a moment before its end it wins, however late the workers are', async () => {
  const { booking, accept, settle } = await offered();
  await letPass(fixture, booking, 29_000);
  expect(await accept()).toMatchObject({ outcome: 'ASSIGNED' });
  await letPass(fixture, booking, 10_000);
  expect(await settle()).toMatchObject({ kind: 'assigned', status: 'ASSIGNED' });
});

it("the process's own clock decides nothing", async () => {
  const { booking, accept } = await offered();
  const ahead = jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 3_600_000);
  try {
    expect(await accept()).toMatchObject({ outcome: 'ASSIGNED', booking: { id: booking.id } });
  } finally {
    ahead.mockRestore();
  }
});

it('F10 · 50 devices at once: the same answer for all, one transition', async () => {
  const { user, booking, accept, lines } = await offered();
  const answers = await inCrowd(DEVICES, upTo(DEVICES), () => accept());
  expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  const events = await fixture.query(
    `SELECT 1 FROM booking_events WHERE booking_id = $1 AND event = 'booking:driver_assigned'`,
    [booking.id],
  );
  expect(events).toHaveLength(1);
  expect(fixture.emitter.to(`user:${user.id}`)).toHaveLength(4);
  expect(await lines()).toHaveLength(1);
});

it('again while the job is his: the same 200, in every step of it; after it: 409', async () => {
  const { booking, pilot, accept } = await offered();
  await accept();
  for (const status of ['ARRIVED', 'PICKED_UP', 'IN_TRANSIT'] as const) {
    await stepJob(fixture.context, { bookingId: booking.id, pilotId: pilot, status });
    expect(await accept()).toMatchObject({ outcome: 'ASSIGNED', booking: { status } });
  }
  await stepJob(fixture.context, { bookingId: booking.id, pilotId: pilot, status: 'DELIVERED' });
  await expect(accept()).rejects.toEqual(conflict('job_ended'));
});

it('decline twice is fine; accept after it is not', async () => {
  const { accept, decline, user, lines } = await offered();
  for (const _time of upTo(3)) expect(await decline()).toEqual({ outcome: 'DECLINED' });
  expect(fixture.emitter.to(`user:${user.id}`)).toHaveLength(4);
  expect(await lines()).toHaveLength(1);
  await expect(accept()).rejects.toEqual(conflict('offer_declined'));
});

it('F31 · decline after accept: 409 offer_accepted, the job stays', async () => {
  const { accept, decline, row } = await offered();
  await accept();
  await expect(decline()).rejects.toEqual(conflict('offer_accepted'));
  expect(await row()).toMatchObject({ status: 'ACCEPTED', ended_at: null });
});

it.each([
  [
    'expired',
    'offer_expired',
    async ({ booking, settle }: Awaited<ReturnType<typeof offered>>) => {
      await letPass(fixture, booking, 30_000);
      await settle();
    },
  ],
  ['cancelled', 'booking_cancelled', ({ cancel }) => cancel()],
  [
    'withdrawn',
    'offer_withdrawn',
    ({ pilot }) => setAvailability(fixture.context, { pilotId: pilot, online: false }),
  ],
  [
    'given back',
    'job_ended',
    async ({ accept, release }) => {
      await accept();
      await release();
    },
  ],
  [
    'accepted, then cancelled',
    'booking_cancelled',
    async ({ accept, cancel }) => {
      await accept();
      await cancel();
    },
  ],
] as [string, string, (one: Awaited<ReturnType<typeof offered>>) => Promise<unknown>][])(
  'F31 · an offer that was %s: 409 %s for both answers, and nothing changes',
  async (_name, code, end) => {
    const one = await offered();
    await end(one);
    const before = [await one.row(), (await one.lines()).length, fixture.emitter.sent.length];
    await expect(one.accept()).rejects.toEqual(conflict(code));
    await expect(one.decline()).rejects.toEqual(conflict(code));
    expect([await one.row(), (await one.lines()).length, fixture.emitter.sent.length]).toEqual(before);
  },
);

it("another pilot's offer and no offer at all are the same 404 (S2)", async () => {
  const { accept, decline, row } = await offered();
  const stranger = await addPilot(fixture, freshPlace());
  for (const tap of [{ pilotId: stranger }, { offerId: stranger }]) {
    await expect(accept(tap)).rejects.toEqual(NOT_FOUND);
    await expect(decline(tap)).rejects.toEqual(NOT_FOUND);
  }
  expect(await row()).toMatchObject({ status: 'OFFERED' });
});

it('only its user, its pilot and operators read the booking', async () => {
  const { booking, pilot, user, accept } = await offered();
  const read = (type: 'user' | 'pilot' | 'admin', id: string) =>
    readBooking(fixture.context, booking.id, { type, id });
  await expect(read('pilot', pilot)).rejects.toEqual(NOT_FOUND);
  await accept();
  expect(await read('user', user.id)).not.toHaveProperty('user');
  expect(await read('pilot', pilot)).toHaveProperty('user.phone');
  expect(await read('admin', customer().id)).toHaveProperty('user.phone');
  await expect(read('user', pilot)).rejects.toEqual(NOT_FOUND);
  await expect(read('pilot', user.id)).rejects.toEqual(NOT_FOUND);
});
