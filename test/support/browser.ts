/** The browser of one test file, and screens in it that notice every error. */
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { AxeResults } from 'axe-core';
import {
  chromium,
  type Browser,
  type BrowserContext,
  type BrowserServer,
  type Locator,
  type Page,
} from 'playwright-core';
import { registerProcess } from '../../tools/test-services/run-folder.js';

export type Scheme = 'light' | 'dark';
export const SCHEMES: readonly Scheme[] = ['light', 'dark'];

export interface ScreenChoice {
  /** Pixels of CSS; 390 is a phone of today. */
  width?: number;
  height?: number;
  scheme?: Scheme;
  /** Pixels of the screen for one of CSS. */
  scale?: number;
  /** Runs in the page before anything of its own. */
  before?: (page: Page) => Promise<unknown>;
  reducedMotion?: 'reduce' | 'no-preference';
}

const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const AXE = readFileSync(createRequire(__filename).resolve('axe-core/axe.min.js'), 'utf8');
const AXE_TAGS = ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice'];
const PICTURES = join(process.cwd(), 'artefacts/screens');
/** A locator of a test that finds nothing says so before the test's own time is over. */
const FOUND_WITHIN_MS = 12_000;
/** What Chromium itself says of a request that was not answered, or with a refusal. */
const NETWORK = /^Failed to load resource|^WebSocket connection to/;

/** Chromium, with as many screens as a test wants. Ended by its own handle. */
export class TestBrowser {
  private readonly screens: Screen[] = [];

  private constructor(
    private readonly server: BrowserServer,
    private readonly browser: Browser,
  ) {}

  static async start(): Promise<TestBrowser> {
    const executablePath = process.env['TEST_CHROMIUM'];
    if (executablePath === undefined) throw new Error('TEST_CHROMIUM is not set: is this test/browser?');
    // A server, since only that has a process to know: should Jest be killed, the browser ends with the run.
    const server = await chromium.launchServer({ executablePath, args: ARGUMENTS, host: '127.0.0.1' });
    registerProcess(server.process().pid ?? 0);
    return new TestBrowser(server, await chromium.connect(server.wsEndpoint()));
  }

  /** A device of its own: nothing is shared with other screens, and nothing kept. */
  async open(url: string, choice: ScreenChoice = {}): Promise<Screen> {
    const { width = 390, height = 844, scheme = 'light', scale = 1 } = choice;
    const context = await this.browser.newContext({
      viewport: { width, height },
      deviceScaleFactor: scale,
      colorScheme: scheme,
      reducedMotion: choice.reducedMotion ?? 'reduce',
      locale: 'en-CA',
      timezoneId: 'America/Toronto',
    });
    context.setDefaultTimeout(FOUND_WITHIN_MS);
    const screen = new Screen(context, await context.newPage(), scheme);
    this.screens.push(screen);
    await choice.before?.(screen.page);
    await screen.page.goto(url);
    return screen;
  }

  /** Closes all screens. Throws when any of them had an error. */
  async closeScreens(): Promise<void> {
    const screens = this.screens.splice(0);
    await Promise.all(screens.map((screen) => screen.context.close()));
    const errors = screens.flatMap((screen) => screen.errors);
    if (errors.length > 0) throw new Error(`errors in the pages:\n${errors.join('\n')}`);
  }

  async stop(): Promise<void> {
    await this.browser.close();
    await this.server.close();
  }
}

/** One page on one device. */
export class Screen {
  private readonly met: string[] = [];
  /** True from when the test itself makes calls fail: what the browser says of them is no fault of the page. */
  troubled = false;

  constructor(
    readonly context: BrowserContext,
    readonly page: Page,
    public scheme: Scheme,
  ) {
    page.on('pageerror', (error) => this.met.push(`${page.url()} threw ${error.stack ?? error.message}`));
    page.on('console', (message) => {
      if (message.type() !== 'error' || (this.troubled && NETWORK.test(message.text()))) return;
      this.met.push(`${page.url()} wrote ${message.text()} (${message.location().url})`);
    });
  }

  /** Errors that the page threw or wrote to the console, so far. */
  get errors(): readonly string[] {
    return this.met;
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole('button', { name, exact: true });
  }

  heading(name: string | RegExp): Locator {
    return this.page.getByRole('heading', { name });
  }

  text(text: string | RegExp): Locator {
    return this.page.getByText(text);
  }

  /** Waits until some text is seen. */
  async sees(text: string | RegExp, withinMs = FOUND_WITHIN_MS): Promise<void> {
    await this.text(text).filter({ visible: true }).first().waitFor({ timeout: withinMs });
  }

  async goDark(scheme: Scheme): Promise<void> {
    this.scheme = scheme;
    await this.page.emulateMedia({ colorScheme: scheme });
  }

  /** A computed property of the first element that fits. */
  style(locator: Locator, property: string): Promise<string> {
    return locator
      .first()
      .evaluate((element, name) => getComputedStyle(element).getPropertyValue(name), property);
  }

  /** How many pixels the page is wider than its window. */
  overhang(): Promise<number> {
    return this.page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  }

  /** What axe finds wrong, a text for each finding. */
  async violations(): Promise<string[]> {
    await this.page.evaluate(AXE);
    const { violations } = await this.page.evaluate<AxeResults, string[]>(
      (tags) =>
        (window as unknown as { axe: typeof import('axe-core') }).axe.run(document, {
          runOnly: { type: 'tag', values: tags },
          resultTypes: ['violations'],
        }),
      AXE_TAGS,
    );
    return violations.flatMap(({ id, nodes }) =>
      nodes.map((node) => `${id} at ${node.target.join(' ')}: ${node.failureSummary ?? ''}\n  ${node.html}`),
    );
  }

  /** Keeps a picture in artefacts/screens. */
  async picture(name: string): Promise<void> {
    mkdirSync(PICTURES, { recursive: true });
    await this.page.screenshot({ path: join(PICTURES, `${name}-${this.scheme}.png`), fullPage: true });
  }

  /**
   * Looks at what is shown now, in light and in dark: a picture of each, nothing that axe finds wrong, and
   * nothing to scroll sideways to on a small phone.
   */
  async inspect(name: string): Promise<void> {
    const size = this.page.viewportSize() ?? { width: 390, height: 844 };
    const before = this.scheme;
    const found: string[] = [];
    for (const scheme of SCHEMES) {
      await this.goDark(scheme);
      await this.picture(name);
      found.push(...(await this.violations()).map((one) => `${scheme}: ${one}`));
    }
    await this.page.setViewportSize({ width: 360, height: 740 });
    const overhang = await this.overhang();
    if (overhang > 0) found.push(`${overhang} px wider than a window of 360 px`);
    await this.page.setViewportSize(size);
    await this.goDark(before);
    if (found.length > 0) throw new Error(`the screen ${name}:\n${found.join('\n')}`);
  }
}
