/** Two runs of the bench, held side by side by their ratios: absolute numbers say little about another day. */
import type { Figure } from './figure.js';

export interface Results {
  machine: string;
  at: string;
  quick: boolean;
  figures: Figure[];
}

/** More than this share worse is a fall; less is what two runs on one machine differ by. */
const FALL = 0.2;

export interface Fall {
  figure: string;
  before: number;
  after: number;
  /** How much worse, as a share of before. */
  by: number;
}

/** Every ratio that got worse by more than a fifth; figures of one run only are not compared. Pure. */
export function fallsBetween(before: Results, after: Results): Fall[] {
  return after.figures.flatMap((figure) => {
    const earlier = before.figures.find((one) => one.figure === figure.figure);
    if (earlier?.ratio == null || figure.ratio === null) return [];
    const change = figure.ratio / earlier.ratio - 1;
    const by = figure.better === 'lower' ? change : -change;
    return by > FALL ? [{ figure: figure.figure, before: earlier.ratio, after: figure.ratio, by }] : [];
  });
}

/** A results file, or why it is none. @throws Error that says what is missing */
export function parseResults(text: string): Results {
  const found = JSON.parse(text) as Partial<Results> | null;
  if (typeof found !== 'object' || found === null || !Array.isArray(found.figures))
    throw new Error('this is no results file of the bench: it has no list `figures`');
  for (const one of found.figures)
    if (typeof one?.figure !== 'string' || !['lower', 'higher'].includes(one.better))
      throw new Error(
        'this is no results file of the bench: a figure lacks its name, or which way is better',
      );
  return found as Results;
}
