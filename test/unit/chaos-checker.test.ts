// The checker of the fault harness: silent where all is well, and red for each fault that is planted.
import { check } from '../../tools/chaos/checker.js';
import type { Evidence, Rule } from '../../tools/chaos/evidence.js';
import { answer, BOOKING, CANCELLED, goodEvidence, offer, OTHER, PILOT } from '../support/chaos-evidence.js';

const first = <T>(items: T[]): T => items[0] as T;
const booked = (evidence: Evidence) => first(evidence.bookings);
const story = (evidence: Evidence) => first(evidence.stories);
const answered = (evidence: Evidence, ask: string) => {
  const found = evidence.answers.find((one) => one.ask === ask);
  if (found === undefined) throw new Error(`no answer to ${ask}`);
  return found;
};

/** What is planted, the rule that must say so, and whom it must name. */
type Planted = [what: string, rule: Rule, id: string, plant: (evidence: Evidence) => void];

const PLANTED: Planted[] = [
  ['a POST never answered', 'lost', 'key-a', (e) => void (answered(e, 'book key-a').bookingIds = [])],
  ['an acknowledged booking without a row', 'lost', CANCELLED, (e) => void e.bookings.pop()],
  ['a key without its booking', 'lost', 'gone', (e) => void e.keys.push({ key: 'k', bookingId: 'gone' })],
  ['a booking that never ended', 'stuck', BOOKING, (e) => void (booked(e).status = 'IN_TRANSIT')],
  ['a search that runs', 'stuck', BOOKING, (e) => void (first(e.searches).outcome = null)],
  [
    'a live offer',
    'stuck',
    BOOKING,
    (e) => void e.offers.push(offer('live', [7, null], { status: 'OFFERED', number: 3 })),
  ],
  ['a line in the outbox', 'stuck', 'outbox', (e) => void (e.outbox = 1)],
  [
    'a pilot with two live offers for a microsecond',
    'doubled',
    PILOT,
    (e) => void e.offers.push(offer('other', [0.999999, 1.5], { bookingId: CANCELLED })),
  ],
  [
    'a booking offered to two at once',
    'doubled',
    BOOKING,
    (e) => void e.offers.push(offer('third', [0.5, 0.9], { pilotId: 'pilot-3', number: 3 })),
  ],
  [
    'an offer to a pilot on a job, long after the job began',
    'doubled',
    OTHER,
    (e) => void e.offers.push(offer('other', [5, 5.5], { pilotId: OTHER, bookingId: CANCELLED })),
  ],
  [
    'one key, two bookings',
    'doubled',
    'book key-a',
    (e) => void answered(e, 'book key-a').bookingIds.push('b'),
  ],
  ['a booking without a key', 'doubled', CANCELLED, (e) => void e.keys.pop()],
  [
    'delivered twice',
    'doubled',
    BOOKING,
    (e) => void e.offers.push(offer('again', [7, 8], { number: 3, endReason: 'delivered', acceptedAtUs: 1 })),
  ],
  ['delivered by another than it names', 'doubled', BOOKING, (e) => void (booked(e).pilotId = PILOT)],
  ['cancelled, but delivered', 'doubled', BOOKING, (e) => void (booked(e).status = 'CANCELLED')],
  ['an offer number twice', 'doubled', `${BOOKING} 1`, (e) => e.offers.forEach((one) => (one.number = 1))],
  ['an event gone from the table', 'events with a gap', BOOKING, (e) => void e.events.splice(2, 1)],
  ['an event too many in the table', 'events with a gap', BOOKING, (e) => void (booked(e).eventSeq = 4)],
  [
    'an accept answered 200 that is not in the rows',
    'answer not honoured',
    'offer-1',
    (e) => void (answered(e, 'accept offer-1').done = 1),
  ],
  [
    'an accept answered 409 that stands in the rows',
    'answer not honoured',
    'offer-2',
    (e) => void Object.assign(answered(e, 'accept offer-2'), { done: 0, refused: 1, unsure: 0 }),
  ],
  [
    'an accept of an offer that has no row',
    'answer not honoured',
    'nowhere',
    (e) => void e.answers.push(answer('accept nowhere')),
  ],
  [
    'a decline answered 200 that is not in the rows',
    'answer not honoured',
    'offer-2',
    (e) => void e.answers.push(answer('decline offer-2')),
  ],
  [
    'a cancel answered 200 and not cancelled',
    'answer not honoured',
    BOOKING,
    (e) => void (answered(e, `cancel ${BOOKING}`).done = 1),
  ],
  [
    'a cancel answered 409 and cancelled',
    'answer not honoured',
    CANCELLED,
    (e) => void Object.assign(answered(e, `cancel ${CANCELLED}`), { done: 0, refused: 1 }),
  ],
  [
    'a step answered 200 that was never taken',
    'answer not honoured',
    BOOKING,
    (e) => void e.answers.push(answer(`ARRIVED ${BOOKING}`)),
  ],
  [
    'a job given back that was not',
    'answer not honoured',
    BOOKING,
    (e) => void e.answers.push(answer(`release ${BOOKING}`)),
  ],
  [
    'an event that the user never got',
    'events with a gap',
    BOOKING,
    (e) => void story(e).events.splice(1, 1),
  ],
  ['the last event not told', 'events with a gap', BOOKING, (e) => void story(e).events.pop()],
  [
    'another payload on the screen',
    'client told otherwise',
    BOOKING,
    (e) => void ((story(e).events[1] as { payload: Record<string, unknown> }).payload['pilotNumber'] = 2),
  ],
  [
    'a screen with another end',
    'client told otherwise',
    CANCELLED,
    (e) => void ((e.bookings[1] as { status: string }).status = 'EXPIRED'),
  ],
  [
    'a pilot shown the offer of another',
    'client told otherwise',
    'offer-1',
    (e) => void (first(e.offersSeen).pilotId = OTHER),
  ],
  [
    'a pilot shown an offer that no row has',
    'client told otherwise',
    'offer-9',
    (e) => void (first(e.offersSeen).offerId = 'offer-9'),
  ],
  [
    'a countdown too long',
    'client told otherwise',
    'offer-1',
    (e) => void (first(e.offersSeen).remainingSeconds = 5),
  ],
  [
    'another end of the offer',
    'client told otherwise',
    'offer-1',
    (e) => void (first(e.offersSeen).expiresAtMs += 90),
  ],
  ["another's job", 'client told otherwise', BOOKING, (e) => void (first(e.jobsSeen).pilotId = PILOT)],
  ['a pilot left with an offer', 'client told otherwise', PILOT, (e) => void (first(e.left).offers = 1)],
  ['a pilot left with a job', 'client told otherwise', PILOT, (e) => void (first(e.left).job = true)],
  ['a booking without a workflow', 'workflow disagrees', CANCELLED, (e) => void e.runs.pop()],
  ['a workflow that failed', 'workflow disagrees', BOOKING, (e) => void (first(e.runs).status = 'FAILED')],
  ['a workflow that is open', 'workflow disagrees', BOOKING, (e) => void (first(e.runs).status = 'RUNNING')],
  [
    'a workflow with another end than the row',
    'workflow disagrees',
    BOOKING,
    (e) => void ((e.runs[1] as { result: string }).result = 'CANCELLED'),
  ],
  [
    'two runs that completed: one was revived',
    'workflow disagrees',
    BOOKING,
    (e) => void Object.assign(first(e.runs), { status: 'COMPLETED', result: 'DELIVERED' }),
  ],
  [
    'a history that does not replay',
    'history does not replay',
    BOOKING,
    (e) => void (first(e.runs).replayError = 'nondeterminism'),
  ],
  [
    'an answer of 500',
    'answered 5xx but 503',
    'call',
    (e) => void e.serverErrors.push('POST /bookings: 500'),
  ],
  [
    'a process that died',
    'process died by itself',
    'process',
    (e) => void e.deaths.push('api-1 ended by exit code 1'),
  ],
];

test('a run in which all went well has no violation', () => {
  expect(check(goodEvidence())).toEqual([]);
});

test.each(PLANTED)('%s: %s', (_what, rule, id, plant) => {
  const evidence = goodEvidence();
  plant(evidence);
  const found = check(evidence);
  expect(found.filter((one) => one.rule === rule).map((one) => one.id)).toContain(id);
  expect(found.every(({ text }) => text.length > 0)).toBe(true);
});

test('an accept that was refused after a try without an answer may stand: the lost answer was the yes', () => {
  const evidence = goodEvidence();
  Object.assign(answered(evidence, 'accept offer-2'), { done: 0, refused: 1, unsure: 1 });
  expect(check(evidence)).toEqual([]);
});

test('a booking that was final when its workflow was terminated needs no other run', () => {
  const evidence = goodEvidence();
  evidence.runs = evidence.runs.filter(({ runId }) => runId !== 'run-2');
  expect(check(evidence)).toEqual([]);
});

test('offers that follow each other at the same microsecond do not overlap', () => {
  const evidence = goodEvidence();
  evidence.offers.push(offer('next', [1, 1.5], { bookingId: CANCELLED }));
  expect(check(evidence)).toEqual([]);
});
