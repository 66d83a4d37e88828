/** All that is measured, in the order of docs/performance.md. */
import type { FigureGroup } from './figure.js';
import { CLAIMS } from './figures/claims.js';
import { CROWD } from './figures/crowd.js';
import { POSITIONS } from './figures/positions.js';
import { WHOLE_BOOKINGS } from './figures/whole-bookings.js';

export const GROUPS: readonly FigureGroup[] = [WHOLE_BOOKINGS, CLAIMS, CROWD, POSITIONS];
