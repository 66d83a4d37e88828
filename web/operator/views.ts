/** What the operator's calls answer, by the names that this page uses. */
import type { PilotMap, PilotOnMap, RecentEvent, SearchPage } from '../../contract/page-shapes.js';

export type { SearchView } from '../../contract/page-shapes.js';
export type SearchesAnswer = SearchPage;
export type PilotAt = PilotOnMap;
export type PositionsAnswer = PilotMap;

/** An event of any booking; one that the socket just said has no `seq` yet. */
export type FeedItem = Omit<RecentEvent, 'seq'> & { seq: number | null };
