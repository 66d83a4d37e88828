/** Numbers that look random and are the same again for the same seed. */

/** Draws the next number, 0 included, 1 not. */
export type Random = () => number;

/** mulberry32 by Tommy Ettinger (public domain): 32 bits of state, good enough to draw a city's day. */
export function mulberry32(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * A stream of its own for one use (`pilot/3/answers`): what one pilot draws, and when, never shifts what
 * another draws, so that a seed means the same in spite of the network.
 */
export function stream(seed: number, name: string): Random {
  return mulberry32(fnv1a(`${seed}/${name}`));
}

/** FNV-1a, 32 bits (Fowler, Noll, Vo): spreads near names far apart. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** A number between `low` and `high`. */
export function between(random: Random, low: number, high: number): number {
  return low + (high - low) * random();
}

/** Time to the next of events that come `rate` times a second on average (Poisson), milliseconds. */
export function nextGapMs(random: Random, rate: number): number {
  return (-Math.log(1 - random()) / rate) * 1000;
}

/** Index of one of `weights`, drawn in proportion to them. Throws when they sum to nothing. */
export function drawIndex(random: Random, weights: readonly number[]): number {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (!(total > 0)) throw new RangeError('nothing to draw from: the weights sum to 0');
  let rest = random() * total;
  let last = 0;
  for (const [index, weight] of weights.entries()) {
    if (weight <= 0) continue;
    last = index;
    rest -= weight;
    if (rest < 0) return index;
  }
  return last;
}
