// Finds a Chromium for the tests of the pages, or gets it once: by Playwright's own download, else by apt-get.
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { installPackage, runToEnd } from './apt.js';
import { withLock } from './lock.js';
import { filesNamed } from './on-path.js';
import { ROOT, cacheDir } from './paths.js';
import { type Report, SetupError } from './service.js';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const MAC_APP = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';
const PLAYWRIGHT = join(ROOT, 'node_modules/playwright-core/cli.js');
/** A machine without the network must not wait long: Playwright itself tries five times. */
const CONNECT_WITHIN_MS = 5_000;
/** A cold start from a slow disk. */
const ANSWER_WITHIN_MS = 20_000;

/**
 * The path of a Chromium that runs: the one of CHROMIUM_PATH, else one on the PATH, else the one that Playwright or
 * apt-get bring.
 * @throws SetupError that says what to install when there is no way to get one
 */
export async function findChromium(report?: Report): Promise<string> {
  const named = process.env['CHROMIUM_PATH'] ?? '';
  if (named !== '') {
    if (runs(named)) return named;
    throw new SetupError(`CHROMIUM_PATH is ${named}, but no browser starts there.`);
  }
  const found = findInstalled();
  if (found !== undefined) return found;
  mkdirSync(cacheDir(), { recursive: true });
  const onWait = (pid: number): void => report?.(`Process ${pid} is getting Chromium; waiting for it`);
  return withLock(join(cacheDir(), 'chromium.lock'), onWait, async () => {
    const meanwhile = findInstalled();
    if (meanwhile !== undefined) return meanwhile;
    const got =
      (await download(report)) ?? ((await installPackage('chromium', report)) ? findInstalled() : undefined);
    if (got !== undefined) return got;
    throw new SetupError(
      'There is no Chromium here and no way to get one, and the tests of the pages (test/browser) need it: install ' +
        'chromium or Google Chrome so that it is on the PATH, or set CHROMIUM_PATH to its program.',
    );
  });
}

/** One that is there already, Playwright's earlier download included. */
function findInstalled(): string | undefined {
  return [...filesNamed(NAMES), MAC_APP, chromium.executablePath()].find(runs);
}

/** The file may not be there, a download may lack libraries, Ubuntu's package may be an empty shell: only a start tells. */
function runs(file: string): boolean {
  try {
    const version = execFileSync(file, ['--version'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: ANSWER_WITHIN_MS,
    });
    return /chrom/i.test(version);
  } catch {
    return false;
  }
}

async function download(report?: Report): Promise<string | undefined> {
  const env = {
    ...process.env,
    PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT: String(CONNECT_WITHIN_MS),
  };
  const args = [PLAYWRIGHT, 'install', 'chromium'];
  const done = await runToEnd(
    process.execPath,
    args,
    env,
    "Getting Chromium by Playwright's download (once)",
    report,
  );
  const found = done ? findInstalled() : undefined;
  if (found === undefined)
    report?.(done ? 'That Chromium does not run here' : 'That download is out of reach from here');
  return found;
}
