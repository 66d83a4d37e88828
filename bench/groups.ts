/** All that is measured, in the order of docs/performance.md. */
import type { FigureGroup } from './figure.js';
import { BUDGET_OF_ONE } from './figures/budget.js';
import { CLAIMS } from './figures/claims.js';
import { COST } from './figures/cost.js';
import { CROWD } from './figures/crowd.js';
import { HELD } from './figures/held.js';
import { LOSS } from './figures/loss.js';
import { POSITIONS } from './figures/positions.js';
import { SOCKETS } from './figures/sockets.js';
import { WAITING } from './figures/waiting.js';
import { WHOLE_BOOKINGS } from './figures/whole-bookings.js';

export const GROUPS: readonly FigureGroup[] = [
  WHOLE_BOOKINGS,
  HELD,
  BUDGET_OF_ONE,
  CLAIMS,
  CROWD,
  POSITIONS,
  SOCKETS,
  WAITING,
  LOSS,
  COST,
];
