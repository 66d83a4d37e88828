// Everything can be done without a mouse: a whole booking by its user, an offer and its job by the pilot.
import type { Locator } from 'playwright-core';
import type { Screen } from '../support/browser.js';
import { PageStage } from '../support/page-stage.js';
import { freshPlace } from '../support/places.js';

const STOPS_AT_MOST = 80;

let stage: PageStage;
beforeAll(async () => {
  stage = await PageStage.start();
});
afterEach(() => stage.clear());
afterAll(() => stage?.stop());

/** Goes on with the Tab key until the element has the focus; each stop on the way must be seen to have it. */
async function tabTo({ page }: Screen, target: Locator): Promise<void> {
  await target.waitFor({ state: 'attached' });
  // A page that does not know its pilot yet passes the switch over.
  await (await target.elementHandle())?.waitForElementState('enabled');
  for (let stop = 0; stop < STOPS_AT_MOST; stop += 1) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`the Tab key does not come to ${String(target)}`);
}

async function press(screen: Screen, name: string): Promise<void> {
  const button = screen.button(name);
  await tabTo(screen, button);
  await screen.page.keyboard.press('Enter');
}

test('a booking from the form to the delivery, and the offer and the job, by keys alone', async () => {
  const place = freshPlace();
  const [user, pilot] = await Promise.all([stage.user(), stage.pilot(place, { online: false })]);
  const { page } = user.screen;
  await tabTo(pilot.screen, pilot.screen.page.getByRole('switch', { name: 'Online' }));
  await pilot.screen.page.keyboard.press('Space');
  await pilot.screen.sees('Waiting for offers');

  await tabTo(user.screen, page.getByRole('combobox', { name: 'Pickup' }));
  await page.keyboard.type(`${place.lat.toFixed(4)}, ${place.lng.toFixed(4)}`);
  await tabTo(user.screen, page.getByRole('combobox', { name: 'Drop-off' }));
  await page.keyboard.type(`${(place.lat + 0.02).toFixed(4)}, ${place.lng.toFixed(4)}`);
  await tabTo(user.screen, page.getByRole('radio', { name: 'Prepaid' }));
  await page.keyboard.press('ArrowRight');
  await tabTo(user.screen, page.getByLabel(/^Amount/));
  await page.keyboard.type('12.50');
  await press(user.screen, 'Find a driver');
  await user.screen.heading('Finding a driver').waitFor();

  await pilot.offered();
  // The keyboard is inside the pop-up already, and nothing is accepted by a key that was meant for something else.
  expect(await pilot.popup.evaluate((popup) => popup.contains(document.activeElement))).toBe(true);
  await pilot.screen.page.keyboard.press('Enter');
  await pilot.screen.page.keyboard.press('Escape');
  expect(await pilot.popup.count()).toBe(1);
  await press(pilot.screen, 'Accept');
  await user.screen.sees('Pat Roy has accepted your booking!');
  for (const step of ['I have arrived', 'Picked up', 'Start the trip', 'Delivered'])
    await press(pilot.screen, step);
  await user.screen.heading('Delivered').waitFor();
});

test('a failed search is retried and cancelled by keys alone; the dialog gives the focus back', async () => {
  const user = await stage.user();
  await user.book(freshPlace());
  await user.screen.heading('No driver found').waitFor();
  await press(user.screen, 'Cancel Booking');
  const dialog = user.screen.page.getByRole('alertdialog');
  await dialog.waitFor();
  await user.screen.page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  expect(await user.screen.button('Cancel Booking').evaluate((one) => one === document.activeElement)).toBe(
    true,
  );
  await press(user.screen, 'Try Again');
  await user.screen.heading('No driver found').waitFor();
  await press(user.screen, 'Cancel Booking');
  await press(user.screen, 'Yes, cancel');
  await user.screen.heading('Booking cancelled').waitFor();
});
