// What a process needs of Postgres at its start waits for a Postgres that is away just then (F6).
import { oncePostgresAnswers } from '../../src/config/database.js';

const silent = { warn: () => undefined };

test('a restart of Postgres in this moment ends nothing: the work is done once it answers', async () => {
  let tries = 0;
  const work = (): Promise<string> => {
    tries += 1;
    return tries < 4
      ? Promise.reject(new Error('the database system is starting up'))
      : Promise.resolve('done');
  };
  await expect(oncePostgresAnswers(work, silent, 1)).resolves.toBe('done');
  expect(tries).toBe(4);
});
