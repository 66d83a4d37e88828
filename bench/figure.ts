/** What a bench measures, and what it needs to do so. */
import type { Ground } from './ground.js';

/** One measured figure, as `bench/results/latest.json` keeps it. */
export interface Figure {
  figure: string;
  value: number;
  unit: string;
  /** What it is held against, in words; the goal alone where it has no peer. */
  against: string;
  /** What was measured for that, in the same unit and the same run; null where the goal is a fixed number. */
  againstValue: number | null;
  /** value ÷ againstValue; null without a peer. */
  ratio: number | null;
  goal: string;
  holds: boolean;
  /** Lowest and highest of the rounds. */
  spread: [number, number] | null;
  /** Which way is better: `--compare` has to know what a fall is. */
  better: 'lower' | 'higher';
}

/** What figures are measured with. */
export interface Bench {
  /** Smaller rounds and data, all in under 20 minutes. */
  quick: boolean;
  ground: Ground;
  say: (line: string) => void;
}

/** A group of figures that share their preparation. */
export interface FigureGroup {
  /** For `--only`. */
  name: string;
  run: (bench: Bench) => Promise<Figure[]>;
}

/** A figure against a peer: it holds when its ratio keeps to `bound`. */
export function against(
  measured: { figure: string; unit: string; value: number; spread?: [number, number] },
  peer: { name: string; value: number },
  bound: { atMost: number } | { atLeast: number },
): Figure {
  const ratio = measured.value / peer.value;
  const lower = 'atMost' in bound;
  return {
    ...measured,
    spread: measured.spread ?? null,
    against: peer.name,
    againstValue: peer.value,
    ratio,
    goal: lower ? `≤ ${bound.atMost} ×` : `≥ ${bound.atLeast} ×`,
    holds: lower ? ratio <= bound.atMost : ratio >= bound.atLeast,
    better: lower ? 'lower' : 'higher',
  };
}

/** A figure that is held against a fixed number in its own unit. */
export function absolute(
  measured: { figure: string; unit: string; value: number; spread?: [number, number] },
  bound: { atMost: number } | { atLeast: number } | null,
): Figure {
  const { value, unit } = measured;
  const fixed = { ...measured, spread: measured.spread ?? null, againstValue: null, ratio: null };
  if (bound === null) return { ...fixed, against: 'published', goal: 'none', holds: true, better: 'lower' };
  const lower = 'atMost' in bound;
  const limit = lower ? bound.atMost : bound.atLeast;
  return {
    ...fixed,
    against: 'a fixed number',
    goal: `${lower ? '≤' : '≥'} ${limit} ${unit}`,
    holds: lower ? value <= limit : value >= limit,
    better: lower ? 'lower' : 'higher',
  };
}
