// Every state that an offer can be in when it is answered too late, and the code that a 409 gets.
import { CONFLICT_CODES } from '../../contract/problems.js';
import {
  BOOKING_STATUSES,
  JOB_END_REASONS,
  OFFER_END_REASONS,
  OFFER_STATUSES,
} from '../../contract/words.js';
import type { OfferRow } from '../../database/rows.js';
import { refusal } from '../../dispatch/answer-offer.js';

const AT = new Date('2026-11-23T10:00:00.000Z');
const offer = (status: OfferRow['status'], end_reason: OfferRow['end_reason'] = null): OfferRow => ({
  id: 'o',
  booking_id: 'b',
  search_no: 1,
  pilot_id: 'p',
  number: 1,
  status,
  distance_km: 1,
  offered_at: AT,
  expires_at: AT,
  accepted_at: status === 'ACCEPTED' ? AT : null,
  ended_at: end_reason === null ? null : AT,
  end_reason,
});

it.each([
  ['OFFERED', null, 'PENDING', 'offer_expired'],
  ['EXPIRED', 'timeout', 'PENDING', 'offer_expired'],
  ['EXPIRED', 'timeout', 'CANCELLED', 'offer_expired'],
  ['DECLINED', 'declined', 'PENDING', 'offer_declined'],
  ['DECLINED', 'declined', 'ASSIGNED', 'offer_declined'],
  ['WITHDRAWN', 'cancelled', 'CANCELLED', 'booking_cancelled'],
  ['WITHDRAWN', 'offline', 'PENDING', 'offer_withdrawn'],
  ['WITHDRAWN', 'reassigned', 'ASSIGNED', 'offer_withdrawn'],
  ['WITHDRAWN', 'search_timeout', 'PENDING', 'offer_withdrawn'],
  ['ACCEPTED', null, 'ASSIGNED', 'offer_accepted'],
  ['ACCEPTED', 'delivered', 'DELIVERED', 'job_ended'],
  ['ACCEPTED', 'released', 'PENDING', 'job_ended'],
  ['ACCEPTED', 'cancelled', 'CANCELLED', 'booking_cancelled'],
] as const)('%s, %s, of a booking in %s: %s', (status, reason, booking, code) => {
  const error = refusal(offer(status, reason), { status: booking });
  expect(error).toMatchObject({ name: 'ConflictError', code });
});

it('in every state there is a code of the contract and a sentence for the pilot', () => {
  for (const status of OFFER_STATUSES)
    for (const reason of [null, 'declined', ...OFFER_END_REASONS, ...JOB_END_REASONS] as const)
      for (const booking of BOOKING_STATUSES) {
        const error = refusal(offer(status, reason), { status: booking });
        expect(CONFLICT_CODES).toContain(error.code);
        expect(error.message).toMatch(/^[A-Z].*\.$/);
      }
});

it('the codes that the contract names are there, each once', () => {
  for (const code of [
    'offer_expired',
    'offer_withdrawn',
    'offer_declined',
    'booking_cancelled',
    'pilot_busy',
  ])
    expect(CONFLICT_CODES).toContain(code);
  expect(new Set(CONFLICT_CODES).size).toBe(CONFLICT_CODES.length);
});
