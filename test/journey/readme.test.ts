// What the README tells a newcomer to type works as it stands there, and its links lead somewhere.
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readApiConfig } from '../../src/config/environment.js';
import { Cast } from '../support/actors.js';
import { oneSearchBegins } from '../support/states.js';
import { System } from '../support/system.js';

const ROOT = join(__dirname, '..', '..');
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');
const SECRET = 'a secret of the readme test';

let system: System;
beforeAll(async () => {
  system = await System.start({ env: { DEMO: 'true', OFFER_TIMEOUT_MS: '30000' } });
  // The README gives a search a second, as it takes on a system that has served before.
  await oneSearchBegins(new Cast(system));
});
afterAll(() => system?.stop());

/** The shell commands of a section. */
function commandsOf(section: string): string {
  const text = README.slice(README.indexOf(`## ${section}`)).split('\n## ')[0] ?? '';
  return text.match(/```sh\n([\s\S]*?)```/)?.[1] ?? '';
}

test('the first booking is typed as the README has it, and ends assigned', async () => {
  const script = commandsOf('A first booking').replace('http://localhost:3000', system.url());
  expect(script).toContain(system.url());
  const { stdout } = await promisify(execFile)('bash', ['-ec', script], { timeout: 30_000 });
  const events = JSON.parse(stdout.slice(stdout.lastIndexOf('[{"seq":1'))) as {
    seq: number;
    event: string;
  }[];
  expect(events.map((one) => [one.seq, one.event])).toEqual([
    [1, 'booking:created'],
    [2, 'booking:search_started'],
    [3, 'booking:offer_sent'],
    [4, 'booking:driver_assigned'],
  ]);
});

test('every link to a file of the project leads to one', () => {
  const links = [...README.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map((match) => match[1] ?? '');
  expect(links.length).toBeGreaterThan(10);
  expect(links.filter((link) => !existsSync(join(ROOT, link)))).toEqual([]);
});

test('the pictures are there, and load fast', () => {
  const pictures = ['user', 'pilot', 'operator'].map((name) => `docs/pictures/${name}.png`);
  expect(pictures.filter((file) => !README.includes(file))).toEqual([]);
  expect(pictures.filter((file) => statSync(join(ROOT, file)).size > 300_000)).toEqual([]);
});

test('the table of variables names every variable that the API reads', () => {
  const known = Object.keys(
    readApiConfig({ DATABASE_URL: 'postgres://localhost/x', JWT_SECRET: SECRET }),
  ).filter((key) => /^[A-Z_]+$/.test(key) && key !== 'NODE_ENV');
  expect(known.filter((key) => !README.includes(`\`${key}\``))).toEqual([]);
});
