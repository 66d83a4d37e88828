// The child process that simulates pilots: counted, told of its failures, and never outliving its parent.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { DemoPilots } from '../../src/demo/demo-pilots.js';
import { eventually } from '../support/waiting.js';

const home = mkdtempSync(join(tmpdir(), 'demo-'));
const program = join(home, 'program.cjs');
const at = { lat: 45.5, lng: -73.6 };
const said: string[] = [];
const logger = pino({ level: 'warn' }, { write: (line) => void said.push(line) });
let pilots: DemoPilots;

/** What the program does with an `ask`, as JavaScript. */
function programIs(onAsk: string): void {
  writeFileSync(
    program,
    `require('fs').writeFileSync(${JSON.stringify(join(home, 'pid'))}, String(process.pid));
     const answer = (more) => process.send(more);
     process.once('disconnect', () => process.exit(0));
     process.on('message', (ask) => { ${onAsk} });`,
  );
}
beforeEach(() => {
  said.length = 0;
  pilots = new DemoPilots({ program, most: 5, logger });
});
afterEach(() => pilots.onApplicationShutdown());
afterAll(() => rmSync(home, { recursive: true, force: true }));

const add = (count: number) => pilots.add('http://127.0.0.1:1', { count, ...at });
const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

it('answers what the program answers, and takes no more than the most, those on their way counted', async () => {
  programIs(`setTimeout(() => answer({ kind: 'added', id: ask.id, added: ask.count }), 50)`);
  const first = add(3);
  await expect(add(3)).rejects.toMatchObject({ name: 'ConflictError', code: 'demo_pilots_full' });
  expect(await first).toBe(3);
  expect(await add(2)).toBe(2);
  await expect(add(1)).rejects.toMatchObject({
    code: 'demo_pilots_full',
    message: expect.stringContaining('5'),
  });
});

it('those that could not be started leave room', async () => {
  programIs(`answer({ kind: 'added', id: ask.id, added: 1 })`);
  for (const _ of [1, 2, 3, 4]) expect(await add(2)).toBe(1);
  programIs('');
});

it('tells failures and troubles', async () => {
  programIs(
    `answer({ kind: 'trouble', why: 'slow' }); answer({ kind: 'failed', id: ask.id, why: 'no door' })`,
  );
  await expect(add(5)).rejects.toThrow('no door');
  await expect(add(5)).rejects.toThrow('no door');
  expect(said[0]).toContain('slow');
});

it('when the program dies its pilots are gone, and the next call starts it anew', async () => {
  programIs(`ask.count === 1 ? process.exit(7) : answer({ kind: 'added', id: ask.id, added: ask.count })`);
  expect(await add(4)).toBe(4);
  await expect(add(1)).rejects.toThrow('gone: it ended with 7');
  expect(await add(5)).toBe(5);
  expect(said.join()).toContain('are gone');
});

it('ends the program at its own end, without a word', async () => {
  programIs(`answer({ kind: 'added', id: ask.id, added: Number(process.pid) })`);
  const pid = await add(1);
  expect(isAlive(pid)).toBe(true);
  pilots.onApplicationShutdown();
  await eventually('the program to end', () => !isAlive(pid));
  expect(said).toEqual([]);
});

it('without the program there is nothing', async () => {
  const none = new DemoPilots({ program: join(home, 'none.js'), most: 5, logger });
  await expect(none.add('http://127.0.0.1:1', { count: 1, ...at })).rejects.toMatchObject({
    name: 'NotFoundError',
  });
});

it('gives the program none of our secrets', async () => {
  process.env['JWT_SECRET'] = 'CANARY';
  programIs(`answer({ kind: 'failed', id: ask.id, why: JSON.stringify(process.env) })`);
  try {
    await expect(add(1)).rejects.toThrow(/API_URL/);
    await expect(add(1)).rejects.not.toThrow(/CANARY/);
  } finally {
    delete process.env['JWT_SECRET'];
  }
});
