// Every screen of user and pilot: nothing that axe finds wrong in light and in dark, and no scrolling sideways at 360 px.
import type { Screen } from '../support/browser.js';
import { PageStage } from '../support/page-stage.js';
import { freshPlace } from '../support/places.js';

let stage: PageStage;
beforeAll(async () => {
  // Looking takes seconds.
  stage = await PageStage.start({ OFFER_TIMEOUT_MS: '60000', SEARCH_TIMEOUT_MS: '120000' });
});
afterEach(() => stage.clear());
afterAll(() => stage?.stop());

test('the look itself: what is wrong and what is too wide is found', async () => {
  const screen = await stage.browser.open(stage.system.url());
  await screen.heading('Pilot dispatch').waitFor();
  await screen.page.evaluate(() => {
    const main = document.querySelector('main');
    main?.insertAdjacentHTML('beforeend', '<input id="planted"><p id="pale">pale</p>');
    for (const [name, value] of [
      ['color', 'gray'],
      ['background', 'silver'],
      ['width', '400px'],
    ] as const)
      document.getElementById('pale')?.style.setProperty(name, value);
  });
  const found = await screen.inspect('planted').then(String, (error: Error) => error.message);
  expect(found).toMatch(/light: label at #planted/);
  expect(found).toMatch(/dark: color-contrast at #pale/);
  expect(found).toMatch(/px wider than a window of 360 px/);
});

test('the first page, and the choice of who one is', async () => {
  const screen = await stage.browser.open(stage.system.url());
  await screen.heading('Pilot dispatch').waitFor();
  await screen.inspect('start');
  await screen.page.getByRole('link', { name: /Book a pickup/ }).click();
  await screen.button('Find a driver').waitFor();
  await screen.button(/^You are Maya Tremblay/).click();
  await screen.heading('Who are you?').waitFor();
  await screen.inspect('who');
  await screen.button('Leo Gagnon').click();
  await screen.button(/^You are Leo Gagnon/).waitFor();
});

test('the user: form, what is wrong with it, search, failure, cancel, list', async () => {
  const user = await stage.user();
  const { screen } = user;
  await screen.button('Find a driver').waitFor();
  await screen.inspect('user-book');
  await screen.button('Find a driver').click();
  await screen.sees('Choose the pickup.');
  await screen.inspect('user-book-wrong');
  await user.book(freshPlace(), { cash: '19.90', note: 'Second door' });
  await screen.heading('No driver found').waitFor();
  await screen.inspect('user-failed');
  await screen.button('Cancel Booking').click();
  await screen.heading('Cancel this booking?').waitFor();
  await screen.inspect('user-cancel-dialog');
  await screen.button('Yes, cancel').click();
  await screen.heading('Booking cancelled').waitFor();
  await screen.inspect('user-cancelled');
  await screen.page.getByRole('link', { name: 'My bookings' }).click();
  await screen.page.getByRole('list', { name: 'Bookings' }).getByText('Cancelled').waitFor();
  await screen.inspect('user-bookings');
});

test('user and pilot: idle, finding, pop-up, job, release dialog, tracking, done', async () => {
  const place = freshPlace();
  const [user, pilot] = await Promise.all([stage.user(), stage.pilot(place, { online: false })]);
  await pilot.screen.sees('You get no offers');
  await pilot.screen.inspect('pilot-offline');
  await pilot.goOnline();
  await pilot.screen.inspect('pilot-online');
  await user.book(place, { cash: '42', note: 'Ring twice' });
  await pilot.offered();
  await pilot.screen.inspect('pilot-offer');
  await user.screen.inspect('user-finding');
  await pilot.answer('Accept');
  await pilot.screen.button('Give the job back').waitFor();
  await pilot.screen.inspect('pilot-job');
  await pilot.screen.button('Give the job back').click();
  await pilot.screen.heading('Give the job back?').waitFor();
  await pilot.screen.inspect('pilot-release-dialog');
  await pilot.screen.button('Keep it').click();
  await user.screen.heading('Your driver is on the way').waitFor();
  await user.screen.inspect('user-tracking');
  await pilot.deliver();
  await pilot.screen.inspect('pilot-delivered');
  await user.screen.heading('Delivered').waitFor();
  await user.screen.inspect('user-delivered');
});

test('what is said while the connection is lost', async () => {
  const [user, pilot] = await Promise.all([stage.user(), stage.pilot(freshPlace())]);
  const away = async (screen: Screen, name: string): Promise<void> => {
    screen.troubled = true;
    await screen.context.setOffline(true);
    await screen.sees(/No connection/);
    await screen.inspect(name);
  };
  await away(user.screen, 'user-no-connection');
  await away(pilot.screen, 'pilot-no-connection');
});
