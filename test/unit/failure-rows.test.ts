// Every row of failures and attacks has a test by its number, or a written reason.
import { measure } from '../long/measure.js';
import { replaceTable } from '../long/table.js';
import { FAILURE_ROWS, REASONS, type RowId } from '../support/failure-rows.js';
import { allRowTitles, patternOf, titlesIn } from '../support/row-titles.js';

const titles = allRowTitles(process.cwd());
const tested = new Set(titles.filter((one) => one.runs).flatMap((one) => one.rows));
const rows = Object.keys(FAILURE_ROWS) as RowId[];

it('the rows are F1 to F32 and S1 to S24', () => {
  const upTo = (letter: string, last: number) => Array.from({ length: last }, (_, n) => `${letter}${n + 1}`);
  expect(rows).toEqual([...upTo('F', 32), ...upTo('S', 24)]);
});

it('every row has a test, or a reason why it has none', () => {
  expect(rows.filter((row) => !tested.has(row) && REASONS[row] === undefined)).toEqual([]);
});

it('a row with a reason has no test, and the reason says something', () => {
  for (const [row, reason] of Object.entries(REASONS)) {
    expect([row, tested.has(row)]).toEqual([row, false]);
    expect(reason?.length).toBeGreaterThan(40);
  }
});

it('no title carries a number that is no row', () => {
  const unknown = titles.flatMap(({ file, rows: numbers }) =>
    numbers.filter((number) => !(number in FAILURE_ROWS)).map((number) => `${file}: ${number}`),
  );
  expect(unknown).toEqual([]);
});

// The dot is written by its number, so that these are no titles of this file.
describe('titles are read from the sources', () => {
  const read = (source: string) =>
    titlesIn('a.test.ts', source).map(({ rows: found, runs }) => [found, runs]);

  it.each([
    [`it('F10 \u00b7 one', () => {})`, [[['F10'], true]]],
    [`describe("F10 S6 \u00b7 two", () => {})`, [[['F10', 'S6'], true]]],
    ['test.each([1, 2])(`F4 \u00b7 of %s`, () => {})', [[['F4'], true]]],
    [`inSkippedTime('F15 \u00b7 a suite', () => {})`, [[['F15'], true]]],
    [`it.each([\n  ['a', 1],\n])('S23 \u00b7 %s', () => {})`, [[['S23'], true]]],
    [`it.skip('F10 \u00b7 not now', () => {})`, [[['F10'], false]]],
    [`test.todo('F10 \u00b7 some day')`, [[['F10'], false]]],
    [`xit('F10 \u00b7 not now', () => {})`, [[['F10'], false]]],
    [`it('T99 \u00b7 no row', () => {})`, [[['T99'], true]]],
    [`it('holds F10 \u00b7 inside', () => {})`, []],
    [`it('F10: another style', () => {})`, []],
  ])('%s', (source, found) => {
    expect(read(source)).toEqual(found);
  });

  it.each([
    ['F1', 'F1 \u00b7 a', true],
    ['F1', 'a suite F4 F1 \u00b7 a', true],
    ['F1', 'F1 F4 \u00b7 a suite, a test', true],
    ['F1', 'F10 \u00b7 a', false],
    ['F1', 'F11 F12 \u00b7 a', false],
    ['F1', 'a test of F1', false],
  ])('the pattern of %s in: %s', (row, name, fits) => {
    expect(new RegExp(patternOf([row])).test(name)).toBe(fits);
  });
});

describe('the table of the long run', () => {
  const MARKED =
    '# A\n\n<!-- failures: begin, written by npm run test:long -->\n<!-- failures: end -->\n\n## B\n';
  const report = (...tests: [string, string, number][]) => ({
    testResults: [
      { assertionResults: tests.map(([fullName, status, duration]) => ({ fullName, status, duration })) },
    ],
  });
  const DOT = '\u00b7';
  const measured = measure(
    ['F1', 'F2', 'F3', 'F4'],
    report(
      [`F1 F2 ${DOT} a`, 'passed', 1_200],
      [`F1 ${DOT} b`, 'failed', 900],
      [`a suite F4 ${DOT} c`, 'pending', 0],
    ),
    'F1 40\nF1 2\nF10 7\n',
  );

  it('adds up tests, tries and seconds of each row that ran', () => {
    expect(measured).toEqual([
      { row: 'F1', tests: 2, tries: 42, result: 'FAILED 1 of 2', seconds: 2 },
      { row: 'F2', tests: 1, tries: 1, result: 'passed', seconds: 1 },
      { row: 'F4', tests: 1, tries: 1, result: '1 did not run', seconds: 0 },
    ]);
  });

  it('has a line for each row, and keeps what did not run this time', () => {
    const first = replaceTable(MARKED, measured);
    for (const row of rows) expect(first).toContain(`| ${row} | ${FAILURE_ROWS[row]} |`);
    expect(first).toContain(`| F1 | ${FAILURE_ROWS.F1} | 2 | 42 | FAILED 1 of 2 | 2 |`);
    const second = replaceTable(first, [{ row: 'F1', tests: 2, tries: 100, result: 'passed', seconds: 3 }]);
    expect(second).toContain(`| F1 | ${FAILURE_ROWS.F1} | 2 | 100 | passed | 3 |`);
    expect(second).toContain(`| F2 | ${FAILURE_ROWS.F2} | 1 | 1 | passed | 1 |`);
    expect(second.startsWith('# A\n') && second.endsWith('\n\n## B\n')).toBe(true);
    expect(replaceTable(second, [])).toBe(second);
  });

  it('without its markers it is refused', () => {
    expect(() => replaceTable('# A\n', measured)).toThrow(/markers .* not in the document/);
  });
});
