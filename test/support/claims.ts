import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { localActivityOf, patchOf } from '../../tools/history/markers.js';
import type { RecordedHistory } from '../../tools/history/recorded.js';
import type { Booked } from './booked.js';

/**
 * On which code each claim of a booking was made, by its history: `old` asks the pilot at once, `new` (the planted
 * READS_FIRST) reads the rows first; `patched` where the booking went over.
 */
export async function claimsOf(booked: Booked): Promise<string[]> {
  const { events } = JSON.parse(historyToJSON(await booked.rawHistory())) as RecordedHistory;
  const claims: string[] = [];
  let last = '';
  for (const event of events) {
    if (patchOf(event) !== null) claims.push('patched');
    const type = localActivityOf(event)?.type;
    if (type === 'claimNextPilot') claims.push(last === 'readStanding' ? 'new' : 'old');
    last = type ?? last;
  }
  return claims;
}
