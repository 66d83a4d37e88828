/** Rounds in turn: whatever the machine does meanwhile, it does to all contenders alike. */
import { median } from '../tools/simulate/statistics.js';

export const COUNTED_ROUNDS = 5;

/**
 * Runs one warm-up round and then five counted ones of each contender, in turn.
 *
 * @param contenders one round each by name; a round answers its measured values by name
 * @returns by contender and value: the counted rounds' values in their order
 */
export async function inTurn<C extends string, V extends string>(
  contenders: Record<C, () => Promise<Record<V, number>>>,
  rounds = COUNTED_ROUNDS,
): Promise<Record<C, Record<V, number[]>>> {
  const names = Object.keys(contenders) as C[];
  const measured = Object.fromEntries(names.map((name) => [name, {}])) as Record<C, Record<V, number[]>>;
  for (let round = 0; round <= rounds; round += 1) {
    // Every other round begins at the other end: nobody always runs after the same neighbour.
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const values = await contenders[name]();
      if (round === 0) continue;
      for (const [value, number] of Object.entries(values) as [V, number][])
        (measured[name][value] ??= []).push(number);
    }
  }
  return measured;
}

/** The middle of the rounds with their lowest and highest. */
export function summary(values: readonly number[]): { value: number; spread: [number, number] } {
  if (values.length === 0) throw new Error('nothing was measured');
  return { value: median(values) as number, spread: [Math.min(...values), Math.max(...values)] };
}
