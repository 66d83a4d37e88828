import { ConfigurationError, readWorkerConfig } from '../../src/config/environment.js';

const worker = (change: Record<string, string>) =>
  readWorkerConfig({ DATABASE_URL: 'postgres://u:p@localhost:5432/d', ...change });
const [name, build] = ['WORKER_DEPLOYMENT_NAME', 'WORKER_BUILD_ID'] as const;

it('a version of a worker has a deployment and a build, or there is none', () => {
  const both = { [name]: 'dispatch', [build]: '3f2a91c' };
  expect(worker(both)).toMatchObject(both);
  expect(worker({ [name]: '', [build]: '' })[name]).toBeUndefined();
});

it.each<[Record<string, string>, string]>([
  [{ [name]: 'dispatch' }, `${build}: is not set, but ${name} is`],
  [{ [build]: '1' }, `${name}: is not set, but ${build} is`],
  [{ [name]: 'a.b', [build]: '1' }, `${name}: must be 1 to 100 letters`],
])('%p is refused: %s', (change, why) => {
  expect(() => worker(change)).toThrow(ConfigurationError);
  expect(() => worker(change)).toThrow(why);
});
