// What a pilot's page shows after each answer and event, in whatever order they come.
import type { Booking, Offer, Pilot } from '../../contract/shapes.js';
import type { OfferEndReason } from '../../contract/words.js';
import * as desk from '../../web/pilot/desk.js';

const AT = '2026-03-01T12:00:00.000Z';
const place = { lat: 45.5, lng: -73.55, address: '1 Rue A' };
const pilot: Pilot = {
  id: 'p',
  name: 'Ravi',
  phone: null,
  vehicleTypeId: 'bike',
  avatar: null,
  rating: null,
  online: true,
  position: null,
};
const offerOf = (offerId: string, bookingId = `b-${offerId}`): Offer => ({
  offerId,
  bookingId,
  bookingNumber: 'B-1',
  pickup: place,
  dropoff: place,
  distanceKm: 1,
  tripKm: 2,
  vehicleTypeId: 'bike',
  package: null,
  payment: null,
  expiresAt: AT,
  remainingSeconds: 30,
  totalSeconds: 30,
  serverTime: AT,
  at: AT,
});
const jobOf = (id: string, status: Booking['status'] = 'ASSIGNED'): Booking => ({
  id,
  bookingNumber: 'B-1',
  status,
  userId: 'u',
  pickup: place,
  dropoff: place,
  vehicleTypeId: 'bike',
  package: null,
  payment: null,
  note: null,
  pilot: null,
  createdAt: AT,
  assignedAt: AT,
  deliveredAt: null,
  cancelledAt: null,
});
const truthOf = (offers: Offer[] = [], job: Booking | null = null): desk.Truth => ({ pilot, offers, job });
const left = (): number => 20_000;
const ended = (offerId: string, reason: OfferEndReason) => ({
  offerId,
  bookingId: `b-${offerId}`,
  reason,
  at: AT,
});
const offered = desk.offerCame(desk.EMPTY_DESK, offerOf('1'), 30_000);
const onJob = desk.jobAssigned(desk.EMPTY_DESK, jobOf('b'));

describe('an offer', () => {
  it('is one pop-up, however often it is sent', () => {
    expect(desk.offerCame(offered, offerOf('1'), 25_000)).toBe(offered);
  });

  it('is not shown when its time is over, or after it was answered or ended', () => {
    expect(desk.offerCame(desk.EMPTY_DESK, offerOf('1'), 0).offer).toBeNull();
    for (const after of [
      desk.declined(offered, '1'),
      desk.answerRefused(offered, '1', 'No.'),
      desk.offerEnded(offered, ended('1', 'cancelled')),
      desk.offerEnded(desk.EMPTY_DESK, ended('1', 'timeout')),
    ])
      expect(desk.offerCame(after, offerOf('1'), 30_000).offer).toBeNull();
  });

  it.each([
    ['timeout', 'You did not answer in time.'],
    ['search_timeout', 'The search is over.'],
    ['cancelled', 'The customer cancelled.'],
    ['reassigned', 'Assigned to another pilot.'],
    ['offline', 'You went offline.'],
  ] as const)('that ended by %s goes, and says why', (reason, text) => {
    const after = desk.offerEnded(offered, ended('1', reason));
    expect(after.offer).toBeNull();
    expect(after.notice?.text).toBe(text);
  });

  it('stays when another one ends', () => {
    expect(desk.offerEnded(offered, ended('0', 'timeout')).offer?.offerId).toBe('1');
    expect(desk.timeUp(offered, '0', false)).toBe(offered);
  });

  it('closes by itself, and the end that the server sends afterwards changes no word', () => {
    const closed = desk.timeUp(offered, '1', false);
    expect(closed.offer).toBeNull();
    expect(closed.notice?.text).toBe('You did not answer in time.');
    expect(desk.offerEnded(closed, ended('1', 'timeout')).notice).toBe(closed.notice);
  });

  it('closes with another word when its Accept is still on its way', () => {
    expect(desk.timeUp(offered, '1', true).notice?.tone).toBe('info');
  });

  it('comes back when the server still calls it live: the page was wrong about the time', () => {
    const closed = desk.timeUp(offered, '1', false);
    const back = desk.standing(closed, truthOf([offerOf('1')]), left);
    expect(back.offer?.offerId).toBe('1');
    expect(back.notice).toBeNull();
  });

  it('takes the place of an older one, and of the last words', () => {
    const next = desk.offerCame(desk.told(offered, { tone: 'info', text: 'x' }), offerOf('2'), 1);
    expect(next.offer?.offerId).toBe('2');
    expect(next.notice).toBeNull();
  });

  it('that is accepted becomes the job, whichever of answer and event comes first', () => {
    const answer = desk.accepted(offered, '1', jobOf('b-1'));
    const event = desk.jobAssigned(offered, jobOf('b-1'));
    for (const after of [answer, event, desk.accepted(event, '1', jobOf('b-1'))]) {
      expect(after.offer).toBeNull();
      expect(after.job?.id).toBe('b-1');
    }
  });

  it('forgets old ones only after many', () => {
    let now = offered;
    for (let n = 2; n < 45; n += 1) now = desk.declined(now, String(n));
    expect(desk.offerCame(desk.declined(now, '1'), offerOf('2'), 1).offer).toBeNull();
    for (let n = 100; n < 400; n += 1) now = desk.declined(now, String(n));
    expect(now.over).toHaveLength(50);
  });
});

describe('a job', () => {
  it('goes through its steps, never back, and ends with the last', () => {
    const arrived = desk.stepped(onJob, jobOf('b', 'ARRIVED'));
    expect(desk.nextStep(arrived.job as Booking)).toBe('PICKED_UP');
    expect(desk.jobAssigned(arrived, jobOf('b'))).toBe(arrived);
    expect(desk.stepped(arrived, jobOf('b'))).toBe(arrived);
    const done = desk.stepped(arrived, jobOf('b', 'DELIVERED'));
    expect(done.job).toBeNull();
    expect(done.delivered?.id).toBe('b');
    expect(desk.deliveredSeen(done).delivered).toBeNull();
    expect(desk.offerCame(done, offerOf('9'), 1).delivered).toBeNull();
  });

  it('that is cancelled goes, and says by whom; another booking does not', () => {
    expect(desk.jobCancelled(onJob, { bookingId: 'other', by: 'user' })).toBe(onJob);
    const texts = (['user', 'admin'] as const).map((by) => {
      const after = desk.jobCancelled(onJob, { bookingId: 'b', by });
      expect(after.job).toBeNull();
      return after.notice?.text;
    });
    expect(new Set(texts).size).toBe(2);
  });

  it('that is given back goes', () => {
    const after = desk.released(onJob, 'b');
    expect(after.job).toBeNull();
    expect(after.notice?.text).toMatch(/gave the job back/);
  });

  it('has no step after the last', () => {
    expect(desk.nextStep(jobOf('b', 'DELIVERED'))).toBeNull();
  });
});

describe('after trouble', () => {
  it('an offer whose time ran out goes with the same words, whoever notices first', () => {
    const after = desk.standing(offered, truthOf(), () => 400);
    expect(after.offer).toBeNull();
    expect(after.notice?.text).toBe(desk.END_WORDS.timeout);
  });

  it('an offer that is not live any more goes, with a word', () => {
    const after = desk.standing(offered, truthOf(), left);
    expect(after.offer).toBeNull();
    expect(after.notice?.text).toBe('The offer is over.');
  });

  it('an offer that came meanwhile is shown; one that is shown stays the same', () => {
    expect(desk.standing(desk.EMPTY_DESK, truthOf([offerOf('1')]), left).offer?.offerId).toBe('1');
    expect(desk.standing(offered, truthOf([offerOf('1')]), left).offer).toBe(offered.offer);
  });

  it('an offer that was answered here, or has no time left, is not shown', () => {
    const answered = desk.declined(offered, '1');
    expect(desk.standing(answered, truthOf([offerOf('1')]), left).offer).toBeNull();
    expect(desk.standing(desk.EMPTY_DESK, truthOf([offerOf('1')]), () => 0).offer).toBeNull();
  });

  it('a job that an answer on the way has brought is there, without a word about the offer', () => {
    const after = desk.standing(offered, truthOf([], jobOf('b-1')), left);
    expect(after.job?.id).toBe('b-1');
    expect(after.offer).toBeNull();
    expect(after.notice).toBeNull();
  });

  it('a job that is gone goes, with a word; the same one takes the step that was missed', () => {
    const gone = desk.standing(onJob, truthOf(), left);
    expect(gone.job).toBeNull();
    expect(gone.notice?.text).toBe('This job is no longer yours.');
    const moved = desk.standing(onJob, truthOf([], jobOf('b', 'ARRIVED')), left);
    expect(moved.job?.status).toBe('ARRIVED');
    expect(moved.notice).toBeNull();
  });

  it('an answer that was overtaken is told by what has moved', () => {
    expect(desk.sameStanding(offered, desk.told(offered, { tone: 'info', text: 'x' }))).toBe(true);
    for (const after of [
      desk.declined(offered, '1'),
      desk.jobAssigned(offered, jobOf('x')),
      desk.pilotIs(offered, { ...pilot }),
      desk.timeUp(offered, '1', false),
    ])
      expect(desk.sameStanding(offered, after)).toBe(false);
  });
});
