/** The rows of which a booking's story is told. */
import { rows, type Manager } from '../query.js';
import type { OfferRow } from '../rows.js';
import type { SearchOrigin, SearchOutcome } from '../../contract/words.js';

export interface StorySearchRow {
  search_no: number;
  origin: SearchOrigin;
  outcome: SearchOutcome | null;
  created_at: Date;
  started_at: Date | null;
  ended_at: Date | null;
}

/** All searches of a booking, oldest first. */
export function searchesOfStory(manager: Manager, bookingId: string): Promise<StorySearchRow[]> {
  return rows(
    manager,
    `SELECT search_no, origin, outcome, created_at, started_at, ended_at FROM searches
     WHERE booking_id = $1 ORDER BY search_no`,
    [bookingId],
  );
}

export interface StoryOfferRow extends OfferRow {
  pilot_name: string;
}

/** All offers of a booking, oldest first, with their pilots' names. */
export function offersOfStory(manager: Manager, bookingId: string): Promise<StoryOfferRow[]> {
  return rows(
    manager,
    `SELECT o.*, p.name AS pilot_name FROM offers o JOIN pilots p ON p.id = o.pilot_id
     WHERE o.booking_id = $1 ORDER BY o.offered_at, o.number`,
    [bookingId],
  );
}
