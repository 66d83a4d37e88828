// The planted faults (npm run test:planted) still fit the sources, and name tests that are there.
import { existsSync, readFileSync } from 'node:fs';
import { plant, PLANTED_FAULTS } from '../planted/faults.js';

it('there are eight at least, each with a name of its own', () => {
  expect(PLANTED_FAULTS.length).toBeGreaterThanOrEqual(8);
  expect(new Set(PLANTED_FAULTS.map((one) => one.name)).size).toBe(PLANTED_FAULTS.length);
});

it.each(PLANTED_FAULTS)('$name', ({ patches, tests, only = '' }) => {
  for (const file of new Set(patches.map((one) => one.file))) {
    const source = readFileSync(file, 'utf8');
    const own = patches.filter((one) => one.file === file);
    expect(plant(file, source, own)).not.toBe(source);
  }
  for (const file of tests) expect([file, existsSync(file)]).toEqual([file, true]);
  const sources = tests.map((file) => readFileSync(file, 'utf8')).join('\n');
  expect(sources).toMatch(new RegExp(only));
});

it('a text that is gone, or there twice, is told with its file', () => {
  const patch = { file: 'a.ts', find: 'one', replace: 'two' };
  expect(plant('a.ts', 'one', [patch])).toBe('two');
  expect(() => plant('a.ts', 'none of it', [])).not.toThrow();
  expect(() => plant('a.ts', 'two', [patch])).toThrow('a.ts holds 0 times');
  expect(() => plant('a.ts', 'one one', [patch])).toThrow('a.ts holds 2 times');
});
