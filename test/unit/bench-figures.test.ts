import { fallsBetween, parseResults, type Results } from '../../bench/compare.js';
import { absolute, against, type Figure } from '../../bench/figure.js';
import { line, renderTable, shown } from '../../bench/report.js';
import { inTurn, summary } from '../../bench/rounds.js';
import { parseStat } from '../../bench/usage.js';

const measured = (value: number, figure = 'tap') => ({ figure, unit: 'ms', value });
const peer = { name: 'the peer', value: 100 };

function results(...figures: Figure[]): Results {
  return { machine: 'this one', at: '2026-01-02T03:04:05.000Z', quick: false, figures };
}

describe('a figure holds', () => {
  test.each([
    [150, { atMost: 1.5 }, true],
    [151, { atMost: 1.5 }, false],
    [80, { atLeast: 0.8 }, true],
    [79, { atLeast: 0.8 }, false],
  ])('%d against 100 by %j: %s', (value, bound, holds) => {
    expect(against(measured(value), peer, bound)).toMatchObject({ holds, ratio: value / 100 });
  });

  test.each([
    [250, { atMost: 250 }, true],
    [251, { atMost: 250 }, false],
    [5_000, { atLeast: 5_000 }, true],
    [4_999, { atLeast: 5_000 }, false],
    [1e9, null, true],
  ])('%d by itself by %j: %s', (value, bound, holds) => {
    expect(absolute(measured(value), bound)).toMatchObject({ holds, ratio: null });
  });

  test('what could not be measured holds nothing', () => {
    expect(absolute(measured(NaN), { atMost: 1 }).holds).toBe(false);
    expect(against(measured(NaN), peer, { atLeast: 1 }).holds).toBe(false);
  });
});

describe('--compare', () => {
  const lower = (ratio: number, figure = 'tap') =>
    against(measured(ratio * 100, figure), peer, { atMost: 9 });
  const higher = (ratio: number) => against(measured(ratio * 100, 'rate'), peer, { atLeast: 0 });

  test('a ratio that got worse by more than a fifth fell, whichever way is better', () => {
    const falls = fallsBetween(results(lower(1), higher(1)), results(lower(1.3), higher(0.7)));
    expect(falls).toEqual([
      { figure: 'tap', before: 1, after: 1.3, by: expect.closeTo(0.3) as number },
      { figure: 'rate', before: 1, after: 0.7, by: expect.closeTo(0.3) as number },
    ]);
  });

  test('up to a fifth, and better, is no fall', () => {
    const before = results(lower(1), higher(1));
    expect(fallsBetween(before, results(lower(1.2), higher(0.8)))).toEqual([]);
    expect(fallsBetween(before, results(lower(0.1), higher(9)))).toEqual([]);
  });

  test('figures of one run only, or without a ratio, are not compared', () => {
    const fixed = absolute(measured(9), { atMost: 1 });
    expect(fallsBetween(results(lower(1), fixed), results(lower(9, 'another'), fixed))).toEqual([]);
  });

  test('a results file is read as it was written', () => {
    const written = results(lower(1), absolute(measured(1), null));
    expect(parseResults(JSON.stringify(written))).toEqual(written);
  });

  test.each(['null', '{}', '{"figures": 1}', '{"figures": [{}]}', '{"figures": [null]}', 'no JSON'])(
    '%s is no results file',
    (text) => {
      expect(() => parseResults(text)).toThrow(/results file|JSON|figures|null/);
    },
  );
});

describe('the table', () => {
  test('has a row for each figure, its spread, its peer, and whether it holds', () => {
    const slow = against({ ...measured(300), spread: [290, 310] }, peer, { atMost: 2 });
    const table = renderTable(results(slow, absolute(measured(1.2345, 'size'), null)));
    expect(table).toContain('| tap | 300 ms (290 to 310) | the peer: 100 ms | 3.00 | ≤ 2 × | **no** |');
    expect(table).toContain('| size | 1.23 ms | published |  | none | yes |');
    expect(table).toContain('Measured 2026-01-02');
  });

  test('the terminal says at once what fails', () => {
    expect(line(against(measured(300), peer, { atMost: 2 }))).toMatch(/^FAILS {2}tap: 300 ms/);
    expect(line(against(measured(100), peer, { atMost: 2 }))).toMatch(/^holds/);
  });

  test.each([
    [0, '0'],
    [0.012345, '0.0123'],
    [99.96, '100'],
    [12_345.6, '12346'],
    [NaN, 'NaN'],
  ])('%d is shown as %s', (value, text) => expect(shown(value)).toBe(text));
});

describe('rounds', () => {
  test('go in turn, every other one from the other end; the warm-up does not count', async () => {
    const order: string[] = [];
    const of = (name: string) => () => Promise.resolve({ nth: order.push(name) });
    const found = await inTurn({ a: of('a'), b: of('b') }, 2);
    expect(order).toEqual(['a', 'b', 'b', 'a', 'a', 'b']);
    expect(found).toEqual({ a: { nth: [4, 5] }, b: { nth: [3, 6] } });
  });

  test('come to their middle, lowest and highest', () => {
    expect(summary([5, 1, 9, 3, 4])).toEqual({ value: 4, spread: [1, 9] });
    expect(() => summary([])).toThrow('nothing was measured');
  });
});

test("a process's CPU time is read past a name with spaces and parentheses", () => {
  const line = '7 (a b) (c)) S 3 7 7 0 -1 4194560 1 2 3 4 50 6 70 8 20 0 1 0 99';
  expect(parseStat(line)).toEqual({ parent: 3, ownTicks: 56, endedTicks: 78 });
});
