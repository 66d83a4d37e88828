/** All that is measured, in the order of docs/performance.md. */
import type { FigureGroup } from './figure.js';
import { BUDGET_OF_ONE } from './figures/budget.js';
import { COST } from './figures/cost.js';
import { HELD } from './figures/held.js';
import { LOSS } from './figures/loss.js';
import { SOCKETS } from './figures/sockets.js';
import { WAITING } from './figures/waiting.js';
import { WHOLE_BOOKINGS } from './figures/whole-bookings.js';

export const GROUPS: readonly FigureGroup[] = [
  WHOLE_BOOKINGS,
  HELD,
  BUDGET_OF_ONE,
  SOCKETS,
  WAITING,
  LOSS,
  COST,
];
