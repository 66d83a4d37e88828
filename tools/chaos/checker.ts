/** Judges a run by what it left behind. Pure: the same evidence, the same verdict. */
import { findDishonoured, findPilotsMisled, findUntold } from './check-clients.js';
import { findDisagreeing, findDoubled, findGaps, findLost, findStuck } from './check-rows.js';
import { findUnreplayable, findWorkflowsAstray } from './check-workflows.js';
import type { Evidence, Violation } from './evidence.js';

const CHECKS: ((evidence: Evidence) => Violation[])[] = [
  findLost,
  findStuck,
  findDoubled,
  findDisagreeing,
  findGaps,
  findDishonoured,
  findUntold,
  findPilotsMisled,
  findWorkflowsAstray,
  findUnreplayable,
  ({ serverErrors }) => serverErrors.map((text) => ({ rule: 'answered 5xx but 503', id: 'call', text })),
  ({ deaths }) => deaths.map((text) => ({ rule: 'process died by itself', id: 'process', text })),
];

/** Everything that must not be; empty when all is well. */
export function check(evidence: Evidence): Violation[] {
  return CHECKS.flatMap((one) => one(evidence));
}
