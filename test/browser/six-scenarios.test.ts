// The six scenarios through the real pages: a user and pilots, each at a screen of their own.
import { PageStage } from '../support/page-stage.js';
import { freshPlace, northOf } from '../support/places.js';
import { never } from '../support/waiting.js';

/** Bookings that are made at these APIs have a timer that is soon over. */
const HASTY_OFFERS = 1;
const HASTY_SEARCH = 2;

let stage: PageStage;
beforeAll(async () => {
  stage = await PageStage.start({}, { OFFER_TIMEOUT_MS: '2500' }, { SEARCH_TIMEOUT_MS: '3000' });
});
afterEach(() => stage.clear());
afterAll(() => stage?.stop());

test('success: booked, offered, accepted, tracked, delivered', async () => {
  const place = freshPlace();
  const [user, pilot] = await Promise.all([
    stage.user(),
    stage.pilot(northOf(place, 1), { name: 'Pat Roy' }),
  ]);
  await user.book(place, { cash: '25.50', note: 'Ring twice' });
  await pilot.offered();
  await user.screen.heading('Finding a driver').waitFor();
  await user.screen.sees('Offer sent to driver 1...');
  expect(await user.screen.page.locator('.drivers-asked').textContent()).toBe('1');
  await pilot.popup.getByText('1.0 km').waitFor();
  await pilot.popup.getByText('$25.50').waitFor();
  await pilot.answer('Accept');
  await user.screen.sees('Pat Roy has accepted your booking!');
  await user.screen.sees('Pat Roy');
  expect(await user.screen.page.getByRole('link', { name: 'Call Pat Roy' }).getAttribute('href')).toMatch(
    /^tel:\+1/,
  );
  await pilot.screen.sees('Ring twice');
  const step = user.screen.page
    .getByRole('list', { name: 'Steps of the delivery' })
    .locator('[aria-current=step]');
  for (const [tap, reached] of [
    ['I have arrived', 'Arrived'],
    ['Picked up', 'Picked up'],
    ['Start the trip', 'In transit'],
  ] as const) {
    await pilot.screen.button(tap).click();
    await step.getByText(reached).waitFor();
  }
  await pilot.screen.button('Delivered').click();
  await user.screen.heading('Delivered').waitFor();
  await pilot.screen.sees('Job done');
  await pilot.screen.sees('Waiting for offers');
});

test('decline: the user is told, and the next pilot is asked at once', async () => {
  const place = freshPlace();
  const [user, near, next] = await Promise.all([
    stage.user(),
    stage.pilot(northOf(place, 0.1)),
    stage.pilot(northOf(place, 0.5), { name: 'Zoe Next' }),
  ]);
  await user.book(place);
  await near.answer('Decline');
  await near.screen.sees('You declined the offer.');
  await next.offered();
  await user.screen.sees('Offer sent to driver 2...');
  expect(await near.popup.count()).toBe(0);
  await next.answer('Accept');
  await user.screen.sees('Zoe Next has accepted your booking!');
});

test('timeout: the pop-up closes with its reason, and the next pilot is asked', async () => {
  const place = freshPlace();
  const [user, silent, next] = await Promise.all([
    stage.user({ door: HASTY_OFFERS }),
    stage.pilot(northOf(place, 0.1)),
    stage.pilot(northOf(place, 0.5), { name: 'Zoe Next' }),
  ]);
  await user.book(place);
  await silent.offered();
  await silent.offerGone();
  await silent.screen.sees('You did not answer in time.');
  await next.answer('Accept');
  await user.screen.sees('Zoe Next has accepted your booking!');
});

test('no pilots, then retry: the retry counts from zero and finds the one who came', async () => {
  const place = freshPlace();
  const user = await stage.user();
  await user.book(place);
  await user.screen.heading('No driver found').waitFor();
  await user.screen.sees('No pilots available in your area');
  await user.screen.button('Cancel Booking').waitFor();
  const pilot = await stage.pilot(place, { name: 'Pat Late' });
  await user.screen.button('Try Again').click();
  await user.screen.heading('Finding a driver').waitFor();
  await user.screen.sees(/Searching (again|for drivers again)|Offer sent to driver 1/);
  await pilot.answer('Accept');
  await user.screen.sees('Pat Late has accepted your booking!');
});

test('search timeout: the live offer goes with the search, and the user may try again', async () => {
  const place = freshPlace();
  const [user, pilot] = await Promise.all([stage.user({ door: HASTY_SEARCH }), stage.pilot(place)]);
  await user.book(place);
  await pilot.offered();
  await pilot.offerGone();
  await pilot.screen.sees(/The search is over\.|You did not answer in time\./);
  await user.screen.sees('No drivers available at the moment. Would you like to try again?');
  await user.screen.button('Try Again').waitFor();
  await user.screen.button('Cancel Booking').waitFor();
});

test('cancel: asked first, then the offer goes at once with why, and nobody else is asked', async () => {
  const place = freshPlace();
  const [user, first, second] = await Promise.all([
    stage.user(),
    stage.pilot(northOf(place, 0.1)),
    stage.pilot(northOf(place, 0.2)),
  ]);
  await user.book(place);
  await first.offered();
  await user.screen.button('Cancel').click();
  await user.screen.button('Keep it').click();
  expect(await first.popup.count()).toBe(1);
  await user.cancel('Cancel');
  await user.screen.heading('Booking cancelled').waitFor();
  await first.offerGone();
  await first.screen.sees('The customer cancelled.');
  await never('an offer to another', async () => (await second.popup.count()) > 0, 700);
  await user.screen.page.getByRole('link', { name: 'Book another' }).click();
  await user.book(place);
  await first.offered();
});
