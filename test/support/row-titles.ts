/** Titles of tests that carry numbers of rows (`F10 F14 · …`), as the sources have them. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** One title in one file. */
export interface RowTitle {
  /** Below the root, as `test/journey/races.test.ts`. */
  file: string;
  rows: string[];
  /** A skipped or a planned test proves nothing. */
  runs: boolean;
}

const TITLE = /(\b(?:x|\w+\.)?(?:skip|todo|it|test|describe)\b[^'"`\n]*)?['"`]((?:[A-Z]\d+ )+)· /g;
const NEVER_RUN = /\b(?:skip|todo|xit|xtest|xdescribe)\b/;

/** Every title with a row's number in the text of one test file. Pure. */
export function titlesIn(file: string, source: string): RowTitle[] {
  return [...source.matchAll(TITLE)].map(([, before = '', numbers = '']) => ({
    file,
    rows: numbers.trim().split(' '),
    runs: !NEVER_RUN.test(before),
  }));
}

/** The same of all test files below `root`. */
export function allRowTitles(root: string): RowTitle[] {
  const names = readdirSync(join(root, 'test'), { recursive: true }).map(String);
  return names
    .filter((name) => /\.test\.tsx?$/.test(name))
    .sort()
    .flatMap((name) => titlesIn(`test/${name}`, readFileSync(join(root, 'test', name), 'utf8')));
}

/** Does a test's full name (its describes and itself) carry one of the rows? For Jest's `-t`. Pure. */
export function patternOf(rows: readonly string[]): string {
  return `(^| )(${rows.join('|')})( [FS]\\d+)* · `;
}
