/** How pilots answer offers: `accept=0.7,decline=0.2,silent=0.1`. */
import { drawIndex, type Random } from './random.js';

export const ANSWERS = ['accept', 'decline', 'silent'] as const;
export type Answer = (typeof ANSWERS)[number];
export type AnswerShares = Record<Answer, number>;

export const SHARES_FORM =
  'accept=A,decline=D,silent=S, each a share from 0 to 1, together 1 (one left out is 0)';
/** 0.7 + 0.2 + 0.1 is not quite 1 in floating point. */
const ROUNDING = 1e-6;

/** Reads shares; null when they are not in the form of SHARES_FORM. */
export function parseShares(text: string): AnswerShares | null {
  const shares: AnswerShares = { accept: 0, decline: 0, silent: 0 };
  const seen = new Set<Answer>();
  for (const part of text.split(',')) {
    const [, name, value] = /^\s*([a-z]+)\s*=\s*(\d+(?:\.\d+)?|\.\d+)\s*$/.exec(part) ?? [];
    const answer = ANSWERS.find((one) => one === name);
    if (answer === undefined || seen.has(answer)) return null;
    seen.add(answer);
    shares[answer] = Number(value);
  }
  const total = shares.accept + shares.decline + shares.silent;
  return Math.abs(total - 1) <= ROUNDING ? shares : null;
}

/** One answer, drawn by the shares. */
export function drawAnswer(random: Random, shares: AnswerShares): Answer {
  const weights = ANSWERS.map((answer) => shares[answer]);
  return ANSWERS[drawIndex(random, weights)] as Answer;
}
