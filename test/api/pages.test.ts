// The pages beside the API: pages where they were built, the API's own answers for all else.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { pagesConfigShape } from '../../contract/page-shapes.js';
import { apiInProcess, type ApiInProcess } from '../support/api-in-process.js';
import { conform, expectProblem } from '../support/conform.js';
import { call, type RestOptions } from '../support/rest.js';

const home = mkdtempSync(join(tmpdir(), 'pages-'));
const said: string[] = [];
let withPages: ApiInProcess;
let without: ApiInProcess;

beforeAll(async () => {
  for (const name of ['', 'user', 'pilot', 'operator']) {
    mkdirSync(join(home, 'web', name), { recursive: true });
    writeFileSync(join(home, 'web', name, 'index.html'), `<p>${name}</p>`);
  }
  const logger = pino({ level: 'warn' }, { write: (line) => void said.push(line) });
  withPages = await apiInProcess({ pagesFolder: join(home, 'web') });
  without = await apiInProcess({ pagesFolder: join(home, 'none'), logger });
  for (const { app } of [withPages, without]) await app.listen(0, '127.0.0.1');
});
afterAll(async () => {
  await withPages?.close();
  await without?.close();
  rmSync(home, { recursive: true, force: true });
});

async function ask(api: ApiInProcess, method: string, path: string, options: RestOptions = {}) {
  const { port } = api.app.getHttpServer().address() as { port: number };
  return call(`http://127.0.0.1:${port}`, method, path, options);
}

test.each([
  ['/', '<p></p>'],
  ['/user', '<p>user</p>'],
  ['/pilot/', '<p>pilot</p>'],
  ['/operator', '<p>operator</p>'],
])('%s is the page, with the policy of pages', async (path, text) => {
  const page = await ask(withPages, 'GET', path);
  expect([page.status, page.text]).toEqual([200, text]);
  expect(page.headers['content-security-policy']).toContain("style-src 'self';");
  expect(page.headers['referrer-policy']).toBe('strict-origin-when-cross-origin');
  expect(page.headers['x-content-type-options']).toBe('nosniff');
  expect((await ask(withPages, 'HEAD', path)).status).toBe(200);
});

test('what is no page is the API, with problems for what is not there', async () => {
  for (const path of [
    '/nobody',
    '/user/x',
    '/assets/none.js',
    '/assets/../package.json',
    '/%2e%2e/package.json',
  ])
    expectProblem(await ask(withPages, 'GET', path), 404);
  expectProblem(await ask(withPages, 'POST', '/user', { body: {} }), 404);
  expectProblem(await ask(withPages, 'GET', '/user', { headers: { 'if-match': '"x"' } }), 412);
  expectProblem(await ask(withPages, 'GET', '/bookings'), 401);
});

test('the page of the documents keeps the policy that it needs', async () => {
  const docs = await ask(withPages, 'GET', '/docs');
  expect(docs.status).toBe(200);
  expect(docs.headers['content-security-policy']).toContain("style-src 'self' https: 'unsafe-inline'");
  expect((await ask(withPages, 'GET', '/docs-json')).status).toBe(200);
});

test('without pages the API runs, and says in its log where they should be', async () => {
  expect(said.map((line) => JSON.parse(line) as object)).toEqual([
    expect.objectContaining({ folder: join(home, 'none'), level: 40 }),
  ]);
  for (const path of ['/', '/user', '/pilot', '/operator', '/assets/a.js'])
    expectProblem(await ask(without, 'GET', path), 404);
  expect((await ask(without, 'GET', '/health/live')).status).toBe(200);
});

test('/pages/config says what pages need, to anybody', async () => {
  const { status, body } = await ask(withPages, 'GET', '/pages/config');
  conform(pagesConfigShape, body);
  expect([status, body]).toEqual([
    200,
    {
      demo: true,
      mapTilesUrl: 'https://tile.openstreetmap.org/{z}/{x}/{y}.png',
      mapAttribution: '© OpenStreetMap contributors',
    },
  ]);
});
