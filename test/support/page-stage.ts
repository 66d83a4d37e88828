/** A system with its pages, and the people in front of them. */
import { randomUUID } from 'node:crypto';
import type { Locator } from 'playwright-core';
import type { LatLng } from '../../contract/geo.js';
import { Cast, type PilotActor } from './actors.js';
import { type Screen, TestBrowser, type ScreenChoice } from './browser.js';
import type { Environment } from './processes.js';
import { System } from './system.js';

/** A tap must not race with a timer, unless the test is about that. */
const CALM: Environment = { OFFER_TIMEOUT_MS: '30000', SEARCH_TIMEOUT_MS: '90000' };

interface Who {
  id?: string;
  name?: string;
  /** Which API serves the page. */
  door?: number;
}

/** One system and one browser for all tests of a file. */
export class PageStage {
  private constructor(
    readonly system: System,
    readonly browser: TestBrowser,
    readonly cast: Cast,
  ) {}

  /** @param others what is different with further APIs, one each: bookings made there keep their limits */
  static async start(env: Environment = {}, ...others: Environment[]): Promise<PageStage> {
    const shared = { DEMO: 'true', MAP_TILES_URL: 'off', TEMPORAL_UI_URL: 'http://localhost:8233', ...CALM };
    const [system, browser] = await Promise.all([
      System.start({ env: { ...shared, ...env } }),
      TestBrowser.start(),
    ]);
    for (const other of others) await (await system.startApi(other)).waitReady();
    return new PageStage(system, browser, new Cast(system));
  }

  /** After each test: the screens go, and none may have had an error. */
  async clear(): Promise<void> {
    await this.browser.closeScreens();
  }

  async stop(): Promise<void> {
    this.cast.leave();
    await this.browser.stop();
    await this.system.stop();
  }

  async user(who: Who = {}, choice: ScreenChoice = {}): Promise<UserScreen> {
    const { id = randomUUID(), name = 'Ann Lee', door = 0 } = who;
    return new UserScreen(await this.open('user', id, name, door, choice), id);
  }

  /** A pilot's page; the pilot is at the place, and online unless told otherwise. */
  async pilot(
    at: LatLng,
    who: Omit<Who, 'id'> & { online?: boolean } = {},
    choice: ScreenChoice = {},
  ): Promise<PilotScreen> {
    const { name = 'Pat Roy', door = 0, online = true } = who;
    const actor = await this.cast.pilot({ name, at, ready: false });
    const pilot = new PilotScreen(await this.open('pilot', actor.id, name, door, choice), actor);
    if (online) await pilot.goOnline();
    return pilot;
  }

  async operator(choice: ScreenChoice = {}): Promise<Screen> {
    return this.open('operator', randomUUID(), 'Olga Chen', 0, { width: 1280, height: 900, ...choice });
  }

  private open(page: string, id: string, name: string, door: number, choice: ScreenChoice): Promise<Screen> {
    const query = new URLSearchParams({ as: id, name }).toString();
    return this.browser.open(`${this.system.url(door)}/${page}?${query}`, choice);
  }
}

export interface Wanted {
  /** Dollars to collect at the drop-off. */
  cash?: string;
  note?: string;
}

/** The user's page, as a user uses it. */
export class UserScreen {
  constructor(
    readonly screen: Screen,
    readonly id: string,
  ) {}

  /** Fills the form in; the drop-off is some 4 km away. */
  async fill(pickup: LatLng, wanted: Wanted = {}): Promise<void> {
    const { page } = this.screen;
    await page.getByLabel('Pickup').and(page.getByRole('combobox')).fill(typed(pickup));
    const dropoff = { lat: pickup.lat + 0.03, lng: pickup.lng + 0.02 };
    await page.getByLabel('Drop-off').and(page.getByRole('combobox')).fill(typed(dropoff));
    await page.getByText('Bike', { exact: true }).click();
    if (wanted.note !== undefined) await page.getByLabel(/^Note/).fill(wanted.note);
    if (wanted.cash === undefined) return;
    await page.getByText('Cash on delivery', { exact: true }).click();
    await page.getByLabel(/^Amount/).fill(wanted.cash);
  }

  /** Books, and answers the booking's id once the page shows it. */
  async book(pickup: LatLng, wanted: Wanted = {}): Promise<string> {
    await this.fill(pickup, wanted);
    await this.screen.button('Find a driver').click();
    return this.bookingId();
  }

  /** The booking that is shown, now or later. */
  async bookingId(): Promise<string> {
    await this.screen.page.waitForURL(/#\/bookings\/[\w-]{36}$/);
    return this.screen.page.url().slice(-36);
  }

  async cancel(button = 'Cancel Booking'): Promise<void> {
    await this.screen.button(button).click();
    await this.screen.button('Yes, cancel').click();
  }
}

/** The pilot's page, as a pilot uses it. */
export class PilotScreen {
  constructor(
    readonly screen: Screen,
    readonly actor: PilotActor,
  ) {}

  async goOnline(): Promise<void> {
    // The switch itself is a hidden checkbox under its words.
    await this.screen.page.getByText('Online', { exact: true }).click();
    await this.screen.sees('Waiting for offers');
  }

  get popup(): Locator {
    return this.screen.page.getByRole('alertdialog', { name: /New offer/ });
  }

  /** Waits for the pop-up and taps. */
  async answer(word: 'Accept' | 'Decline'): Promise<void> {
    await this.popup.getByRole('button', { name: word }).click();
  }

  async offered(): Promise<void> {
    await this.popup.waitFor();
  }

  async offerGone(): Promise<void> {
    await this.popup.waitFor({ state: 'detached' });
  }

  /** Taps through the job, from the arrival to the delivery. */
  async deliver(): Promise<void> {
    for (const step of ['I have arrived', 'Picked up', 'Start the trip', 'Delivered'])
      await this.screen.button(step).click();
    await this.screen.sees('Job done');
  }
}

function typed({ lat, lng }: LatLng): string {
  return `${lat.toFixed(5)}, ${lng.toFixed(5)}`;
}
