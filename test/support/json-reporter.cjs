// Writes artefacts/test-results.json (or the file in TEST_RESULTS) after every run, in the format of `jest --json`.
const { mkdirSync, renameSync, rmSync, writeFileSync } = require('node:fs');
const { dirname, join } = require('node:path');

// Not a dependency of ours: it comes with Jest, so it is asked for from there.
const fromJest = { paths: [require.resolve('jest')] };
const { formatTestResults } = require(require.resolve('@jest/test-result', fromJest));

module.exports = class JsonReporter {
  constructor(globalConfig) {
    // A run that a test starts has a report of its own.
    this.file = process.env.TEST_RESULTS ?? join(globalConfig.rootDir, 'artefacts', 'test-results.json');
  }

  /** A run that dies must not leave the report of the one before. */
  onRunStart() {
    rmSync(this.file, { force: true });
  }

  onRunComplete(_contexts, results) {
    const report = { ...formatTestResults(results), wasInterrupted: results.wasInterrupted };
    mkdirSync(dirname(this.file), { recursive: true });
    writeFileSync(`${this.file}.new`, `${JSON.stringify(report, null, 1)}\n`);
    renameSync(`${this.file}.new`, this.file);
  }
};
