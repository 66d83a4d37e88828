// FAILPOINT: where a process ends itself, for tests; every other word and production are refused.
import { readApiConfig, readWorkerConfig } from '../../src/config/environment.js';
import { FAILPOINTS } from '../../src/config/failpoint-names.js';

const GOOD = { DATABASE_URL: 'postgres://u:p@localhost:5432/d', JWT_SECRET: 'a secret of the tests, long' };

const BOTH = [readApiConfig, readWorkerConfig];
const read = (FAILPOINT?: string) => BOTH.map((config) => config({ ...GOOD, FAILPOINT }).FAILPOINT);

it('none, a line, and the turn at which it ends the process', () => {
  expect(read()).toEqual([undefined, undefined]);
  expect(read('')).toEqual([undefined, undefined]);
  for (const name of FAILPOINTS) expect(read(name)).toEqual(BOTH.map(() => ({ name, turn: 1 })));
  expect(read('claimNextPilot:3')).toEqual(BOTH.map(() => ({ name: 'claimNextPilot', turn: 3 })));
});

it.each(['elsewhere', 'claimNextPilot:0', 'claimNextPilot:x', 'settleOffer:', 'SettleOffer', 'toString'])(
  '%s is refused, with the list of what is allowed',
  (FAILPOINT) => {
    for (const config of BOTH)
      for (const part of ['FAILPOINT: ', ...FAILPOINTS])
        expect(() => config({ ...GOOD, FAILPOINT })).toThrow(part);
  },
);

it('production refuses it, for API and worker', () => {
  for (const config of BOTH)
    expect(() => config({ ...GOOD, FAILPOINT: 'claimNextPilot', NODE_ENV: 'production' })).toThrow(
      /FAILPOINT: .*NODE_ENV=production/,
    );
});
