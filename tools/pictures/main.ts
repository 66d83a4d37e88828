// `npm run pictures`: starts a system of its own, sees a booking through in the pages, and makes the pictures of README and runbook.
import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium, type Browser, type Page } from 'playwright-core';
import { findChromium } from '../setup/chromium.js';
import { ROOT } from '../setup/paths.js';
import { freePort } from '../setup/ports.js';
import { takeWebUi } from './web-ui.js';

const PICTURES = join(ROOT, 'docs/pictures');
const START = join(ROOT, 'dist/tools/start/main.js');
const ARGUMENTS = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'];
/** A first start may have to get Temporal. */
const READY_WITHIN_MS = 600_000;
const PHONE = { width: 390, height: 844 };
const DESK = { width: 1280, height: 880 };
/** For the operator's list: one of them where nobody is. */
const BOOKED = [
  { name: 'Leo Gagnon', pickup: { lat: 45.5128, lng: -73.5471, address: 'Old Port, Quai de l’Horloge' } },
  { name: 'Noor Haddad', pickup: { lat: 45.5015, lng: -73.5686, address: '1 Place Ville Marie' } },
  { name: 'Zoé Morin', pickup: { lat: 45.5042, lng: -73.5747, address: '845 Rue Sherbrooke O' } },
  { name: 'Ivan Petrov', pickup: { lat: 46.8139, lng: -71.208, address: 'Rue Saint-Jean, Québec' } },
  { name: 'Aisha Khan', pickup: { lat: 45.496, lng: -73.5693, address: '1909 Av des Canadiens' } },
  { name: 'Luc Roy', pickup: { lat: 45.5265, lng: -73.5694, address: 'La Fontaine Park' } },
];
const DROPOFF = { lat: 45.5362, lng: -73.6146, address: '7070 Av Henri-Julien' };

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'pilot-dispatch-pictures-'));
  // Under root Postgres runs as a user of its own, who has to get in.
  chmodSync(folder, 0o755);
  const executablePath = await findChromium((line) => process.stderr.write(`${line} …\n`));
  const system = await startSystem(folder);
  let browser: Browser | undefined;
  try {
    browser = await chromium.launch({ executablePath, args: ARGUMENTS });
    await system.ready();
    mkdirSync(PICTURES, { recursive: true });
    const studio = browser;
    await takeAll(studio, system.url);
    await takeWebUi({ ...system, take, open: (url) => open(studio, url, 'light', DESK, 1) });
  } finally {
    await browser?.close();
    await system.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function takeAll(browser: Browser, url: string): Promise<void> {
  const pilot = await open(browser, `${url}/pilot`, 'dark', PHONE);
  await pilot.getByText('Online', { exact: true }).click();
  await pilot.getByText('Waiting for offers').waitFor();
  const user = await open(browser, `${url}/user`, 'light', PHONE);
  await book(user);
  await pilot.getByRole('alertdialog').waitFor();
  await take(pilot, 'pilot');
  await pilot.getByRole('button', { name: 'Accept' }).click();
  await user.getByRole('heading', { name: 'Your driver is on the way' }).waitFor();
  // The driver's marker: his first position on the way.
  await user.getByRole('region', { name: 'Map of your booking' }).getByTitle('Ravi Nair').waitFor();
  await take(user, 'user');
  const operator = await open(browser, `${url}/operator`, 'light', DESK, 1.5);
  await operator.getByRole('button', { name: 'Add 20 pilots' }).click();
  await operator.getByText('20 pilots were added.').waitFor({ timeout: 60_000 });
  await operator.getByRole('button', { name: 'Close', exact: true }).click();
  await operator.getByLabel('State').selectOption('All');
  for (const { name, pickup } of BOOKED) await bookAs(url, name, pickup);
  await operator.getByText(`${BOOKED.length + 1} searches`).waitFor();
  await operator.getByRole('table').getByText('Failed').waitFor();
  // One of the simulated pilots has taken one; others still think it over.
  await operator.getByRole('table').getByText('Assigned').nth(1).waitFor();
  await take(operator, 'operator');
}

async function open(
  browser: Browser,
  url: string,
  colorScheme: 'light' | 'dark',
  viewport: { width: number; height: number },
  deviceScaleFactor = 2,
): Promise<Page> {
  const context = await browser.newContext({
    viewport,
    colorScheme,
    deviceScaleFactor,
    reducedMotion: 'reduce',
    locale: 'en-CA',
    timezoneId: 'America/Toronto',
  });
  const page = await context.newPage();
  await page.goto(url);
  return page;
}

async function book(user: Page): Promise<void> {
  await user.getByRole('combobox', { name: 'Pickup' }).fill('Notre-Dame Basilica, 110 Rue Notre-Dame O');
  await user.getByRole('combobox', { name: 'Drop-off' }).fill('Jean-Talon Market, 7070 Av Henri-Julien');
  await user.getByText('Bike', { exact: true }).click();
  await user.getByLabel(/^Package/).fill('Box of records');
  await user.getByText('Cash on delivery', { exact: true }).click();
  await user.getByLabel(/^Amount/).fill('38.50');
  await user.getByRole('button', { name: 'Find a driver' }).click();
}

async function bookAs(url: string, name: string, pickup: object): Promise<void> {
  const { token } = await post<{ token: string }>(`${url}/demo/token`, { type: 'user', name });
  const body = { pickup, dropoff: DROPOFF, vehicleTypeId: 'bike' };
  await post(`${url}/bookings`, body, { authorization: `Bearer ${token}` });
}

async function post<T>(url: string, body: object, headers: Record<string, string> = {}): Promise<T> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}

async function take(page: Page, name: string): Promise<void> {
  const path = join(PICTURES, `${name}.png`);
  await page.screenshot({ path });
  process.stdout.write(`${path}\n`);
}

interface RunningSystem {
  url: string;
  webUi: string;
  /** Resolves when bookings can be made; rejects when it ended before. */
  ready: () => Promise<void>;
  stop: () => Promise<void>;
}

/** As `npm start`, on ports and with data of its own. */
async function startSystem(folder: string): Promise<RunningSystem> {
  const names = ['PORT', 'POSTGRES_PORT', 'TEMPORAL_PORT', 'TEMPORAL_UI_PORT', 'WORKER_METRICS_PORT'];
  const ports = await Promise.all(names.map(async (name) => [name, String(await freePort())] as const));
  const own = { DATA_DIR: folder, DEMO: 'true', MAP_TILES_URL: 'off', ...Object.fromEntries(ports) };
  // A group of its own: Ctrl-C reaches us alone, and we stop it in order.
  const child = spawn(process.execPath, [START], {
    cwd: ROOT,
    env: { ...process.env, DATABASE_URL: undefined, TEMPORAL_ADDRESS: undefined, ...own },
    detached: true,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => child.kill('SIGINT'));
  const at = (name: string): string => `http://localhost:${Object.fromEntries(ports)[name] ?? ''}`;
  const url = at('PORT');
  return {
    url,
    webUi: at('TEMPORAL_UI_PORT'),
    ready: () => untilReady(url, child),
    stop: async () => {
      child.kill('SIGINT');
      await ended;
    },
  };
}

async function untilReady(url: string, child: ChildProcess): Promise<void> {
  const giveUpAt = Date.now() + READY_WITHIN_MS;
  while (Date.now() < giveUpAt) {
    if (child.exitCode !== null) throw new Error(`the system ended with code ${child.exitCode}`);
    const ready = await fetch(`${url}/health/ready`).then(
      (response) => response.ok,
      () => false,
    );
    if (ready) return;
    await sleep(250);
  }
  throw new Error('the system did not become ready');
}

await main();
