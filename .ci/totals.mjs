// The closing lines of .ci/run: `totals.mjs <exit code of the checks> <exit code of the tests>`, run in the clone's
// root. What could not be counted, for it died without a report, counts as one failure.
import { readFileSync } from 'node:fs';

const [checkCode, testCode] = process.argv.slice(2).map(Number);
const total = { passed: 0, failed: 0, skipped: 0 };

/** Reads a report; says so when there is none. */
function read(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    console.log(`No report in ${file}: ${error.message}`);
    return undefined;
  }
}

function countChecks(report) {
  if (report === undefined) return fail(`The checks ended with code ${checkCode} and without a report.`);
  total.passed += report.passed.length;
  total.failed += report.failed.length;
  for (const name of report.failed) console.log(`Failed check: ${name}`);
  if (checkCode !== 0 && report.failed.length === 0)
    fail(`The checks passed and yet ended with code ${checkCode}.`);
}

function countTests(report) {
  if (report === undefined) return fail(`The tests ended with code ${testCode} and without a report.`);
  // A file that does not load has no tests to fail.
  const failed = report.numFailedTests + report.numRuntimeErrorTestSuites;
  total.passed += report.numPassedTests;
  total.failed += failed;
  total.skipped += report.numPendingTests + report.numTodoTests;
  for (const { name, status, assertionResults } of report.testResults) {
    if (status === 'failed' && assertionResults.length === 0) console.log(`Did not load: ${name}`);
    for (const each of assertionResults) {
      if (each.status !== 'passed') console.log(`${each.status}: ${each.fullName}`);
    }
  }
  if (report.wasInterrupted) fail('The tests were interrupted.');
  else if (report.numTotalTests === 0) fail('There were no tests.');
  else if (testCode !== 0 && failed === 0) fail(`The tests passed and yet ended with code ${testCode}.`);
}

function fail(why) {
  total.failed += 1;
  console.log(why);
}

countChecks(read('artefacts/check-results.json'));
countTests(read('artefacts/test-results.json'));
const { passed, failed, skipped } = total;
console.log(`${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`);
process.exitCode = failed === 0 && skipped === 0 ? 0 : 1;
