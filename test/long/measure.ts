/** What a run of Jest says of each row. */
import type { RowId } from '../support/failure-rows.js';
import { patternOf } from '../support/row-titles.js';

/** What is read of Jest's `--json`. */
export interface JestReport {
  testResults: {
    assertionResults: { fullName: string; status: string; duration?: number | null }[];
  }[];
}

export interface Measured {
  row: RowId;
  tests: number;
  tries: number;
  result: string;
  seconds: number;
}

/**
 * Measures the rows that ran. A row whose tests report no tries was tried once by each of them. Pure.
 *
 * @param tries a line `F10 500` for every report of a test
 */
export function measure(rows: readonly RowId[], report: JestReport, tries: string): Measured[] {
  const tests = report.testResults.flatMap((file) => file.assertionResults);
  return rows.flatMap((row) => {
    const pattern = new RegExp(patternOf([row]));
    const own = tests.filter((test) => pattern.test(test.fullName));
    if (own.length === 0) return [];
    const durationMs = own.reduce((sum, test) => sum + (test.duration ?? 0), 0);
    return [
      {
        row,
        tests: own.length,
        tries: triesOf(row, tries) || own.length,
        result: resultOf(own.map((test) => test.status)),
        seconds: Math.round(durationMs / 1_000),
      },
    ];
  });
}

function triesOf(row: string, tries: string): number {
  const reported = tries.split('\n').filter((line) => line.startsWith(`${row} `));
  return reported.reduce((sum, line) => sum + Number(line.slice(row.length + 1)), 0);
}

function resultOf(statuses: string[]): string {
  const passed = statuses.filter((status) => status === 'passed').length;
  if (passed === statuses.length) return 'passed';
  const failed = statuses.filter((status) => status === 'failed').length;
  return failed > 0 ? `FAILED ${failed} of ${statuses.length}` : `${statuses.length - passed} did not run`;
}
