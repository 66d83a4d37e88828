import { findDoubleJobs, findDoubleOffers, Ledger } from '../../tools/simulate/ledger.js';

const NOON = Date.parse('2026-11-23T12:00:00.000Z');

/** An offer made `at` milliseconds after noon, seen here 10 ms later. */
function offer(
  ledger: Ledger,
  offerId: string,
  pilotId: string,
  at: number,
  bookingId = `for-${offerId}`,
): void {
  ledger.offerSeen({
    offerId,
    pilotId,
    bookingId,
    fromMs: NOON + at,
    expiresMs: NOON + at + 30_000,
    seenAtMs: at + 10,
  });
}

function job(ledger: Ledger, bookingId: string, pilotId: string, at: number): boolean {
  return ledger.jobStarted({ bookingId, pilotId, fromMs: NOON + at, seenAtMs: at + 10 });
}

const offersDoubled = (ledger: Ledger) => findDoubleOffers(ledger.offers, ledger.jobs);

describe('planted faults are found', () => {
  test('a pilot who is sent a second offer while the first is live', () => {
    const ledger = new Ledger();
    offer(ledger, 'a', 'pilot', 0);
    offer(ledger, 'b', 'pilot', 29_999);
    expect(offersDoubled(ledger)).toEqual([expect.stringContaining('pilot pilot had live offer a')]);
  });

  test('a booking that is offered to a second pilot while the first may still answer', () => {
    const ledger = new Ledger();
    offer(ledger, 'a', 'first', 0, 'booking');
    offer(ledger, 'b', 'second', 5_000, 'booking');
    expect(offersDoubled(ledger)).toEqual([expect.stringContaining('booking booking had live offer a')]);
  });

  test('a pilot who is sent an offer while on a job', () => {
    const ledger = new Ledger();
    job(ledger, 'booking', 'pilot', 0);
    offer(ledger, 'a', 'pilot', 1_000);
    ledger.jobEnded('booking', NOON + 2_000);
    expect(offersDoubled(ledger)).toEqual([expect.stringContaining('and booking booking')]);
  });

  test('a pilot who is given a job by hand while he holds an offer of another booking', () => {
    const ledger = new Ledger();
    offer(ledger, 'a', 'pilot', 0);
    job(ledger, 'booking', 'pilot', 1_000);
    expect(offersDoubled(ledger)).toHaveLength(1);
  });

  test('an offer made between the tap on accept and the moment at which the accept counted', () => {
    const ledger = new Ledger();
    offer(ledger, 'a', 'pilot', 0, 'booking');
    ledger.offerAnswered('a', 1_000);
    offer(ledger, 'b', 'pilot', 1_100);
    ledger.offerAccepted('a', NOON + 1_200);
    expect(offersDoubled(ledger)).toHaveLength(1);
  });

  test('a booking that two pilots have at one time', () => {
    const ledger = new Ledger();
    job(ledger, 'booking', 'first', 0);
    job(ledger, 'booking', 'second', 1_000);
    expect(findDoubleJobs(ledger.jobs)).toEqual([
      expect.stringContaining('booking booking was given to pilot second'),
    ]);
  });

  test('a pilot who has two jobs at one time', () => {
    const ledger = new Ledger();
    job(ledger, 'one', 'pilot', 0);
    job(ledger, 'two', 'pilot', 1_000);
    ledger.jobEnded('one', NOON + 1_001);
    expect(findDoubleJobs(ledger.jobs)).toEqual([
      expect.stringContaining('pilot pilot was given booking two'),
    ]);
  });
});

describe('what is allowed is not found', () => {
  test.each([
    ['expired', () => undefined, 30_000],
    ['was taken back', (ledger: Ledger) => ledger.offerEnded('a', NOON + 5_000), 5_000],
    ['was declined before the next was seen', (ledger: Ledger) => ledger.offerAnswered('a', 4_000), 4_100],
    [
      'ended, as the user was told',
      (ledger: Ledger) => ledger.offerOfBookingEnded('for-a', NOON + 4_000),
      4_000,
    ],
  ])('the next offer, when the first one %s', (_how, end, nextAt) => {
    const ledger = new Ledger();
    offer(ledger, 'a', 'pilot', 0);
    end(ledger);
    offer(ledger, 'b', 'pilot', nextAt);
    expect(offersDoubled(ledger)).toEqual([]);
  });

  test('the end of the first offer that is heard of after the second one, since arrival has no order', () => {
    const ledger = new Ledger();
    offer(ledger, 'b', 'pilot', 6_000);
    offer(ledger, 'a', 'pilot', 0);
    ledger.offerEnded('a', NOON + 5_900);
    expect(offersDoubled(ledger)).toEqual([]);
  });

  test('the same offer sent again after a reconnect', () => {
    const ledger = new Ledger();
    offer(ledger, 'a', 'pilot', 0);
    offer(ledger, 'a', 'pilot', 10_000);
    expect(ledger.offers).toHaveLength(1);
    expect(offersDoubled(ledger)).toEqual([]);
  });

  test('the same job told by the answer and by the socket', () => {
    const ledger = new Ledger();
    expect([job(ledger, 'booking', 'pilot', 0), job(ledger, 'booking', 'pilot', 0)]).toEqual([true, false]);
    expect(findDoubleJobs(ledger.jobs)).toEqual([]);
  });

  test('an accepted offer and its own job, and an offer after that job', () => {
    const ledger = new Ledger();
    offer(ledger, 'a', 'pilot', 0, 'booking');
    ledger.offerAccepted('a', NOON + 1_000);
    job(ledger, 'booking', 'pilot', 1_000);
    ledger.jobEnded('booking', NOON + 2_000);
    offer(ledger, 'b', 'pilot', 2_000);
    expect([...offersDoubled(ledger), ...findDoubleJobs(ledger.jobs)]).toEqual([]);
  });

  test('a job given back and taken by another, and then by the first again', () => {
    const ledger = new Ledger();
    job(ledger, 'booking', 'first', 0);
    ledger.jobEnded('booking', NOON + 1_000);
    job(ledger, 'booking', 'second', 2_000);
    ledger.jobEnded('booking', NOON + 3_000);
    job(ledger, 'booking', 'first', 4_000);
    expect(findDoubleJobs(ledger.jobs)).toEqual([]);
    expect(ledger.jobs.map(({ untilMs }) => untilMs)).toEqual([NOON + 1_000, NOON + 3_000, null]);
  });
});
