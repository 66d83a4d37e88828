/** All that is measured, in the order of docs/performance.md. */
import type { FigureGroup } from './figure.js';
import { BUDGET_OF_ONE } from './figures/budget.js';
import { SOCKETS } from './figures/sockets.js';
import { WHOLE_BOOKINGS } from './figures/whole-bookings.js';

export const GROUPS: readonly FigureGroup[] = [WHOLE_BOOKINGS, BUDGET_OF_ONE, SOCKETS];
