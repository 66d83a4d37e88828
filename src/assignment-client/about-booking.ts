import type { BookingAssignmentInput } from '../../contract/workflow.js';

/**
 * What the Web UI tells of a booking's workflow, in Markdown and for good: its rules, and what may be sent by hand.
 * No name, phone number or address: it is kept with the history.
 */
export function aboutBooking({
  bookingId,
  bookingNumber,
  vehicleTypeId,
  limits,
}: Omit<BookingAssignmentInput, 'searchAttributes'>): string {
  const seconds = (ms: number): string => `${ms / 1000} s`;
  return [
    `**Booking ${bookingNumber}** (\`${bookingId}\`), wants a ${vehicleTypeId}.`,
    '',
    `- a driver has ${seconds(limits.offerTimeoutMs)} to answer, a search ${seconds(limits.searchTimeoutMs)}, ` +
      `at most ${limits.maxPilots} drivers`,
    `- within ${limits.searchRadiusKm} km, else ${limits.maxRadiusKm} km; with nobody to ask it waits ` +
      `${seconds(limits.searchPatienceMs)}; a retry is taken for ${seconds(limits.retryWindowMs)}`,
    '- by hand: signals `retry` `{}`, `cancel` `{}`, `accept` and `decline` `{"offerId", "pilotId"}`, ' +
      '`nudge` `{}` (read the rows); Cancel is an operator’s cancel; Terminate is repaired within 15 s',
  ].join('\n');
}
