// A page shows the booking that it follows and no other, and a retry that fails says so and is offered again.
import type { Booking } from '../../contract/shapes.js';
import { bookingAt } from '../support/actors.js';
import { PageStage } from '../support/page-stage.js';
import { freshPlace } from '../support/places.js';
import { call } from '../support/rest.js';
import { RecordedSocket } from '../support/sockets.js';
import { signToken } from '../support/tokens.js';
import { never } from '../support/waiting.js';

let stage: PageStage;
beforeAll(async () => {
  stage = await PageStage.start();
});
afterEach(() => stage.clear());
afterAll(() => stage?.stop());

test('events of another booking of the same user change nothing on the screen', async () => {
  const place = freshPlace();
  const [user, pilot] = await Promise.all([stage.user(), stage.pilot(place)]);
  await user.book(place);
  await pilot.offered();
  await user.screen.sees('Offer sent to driver 1...');
  const token = await signToken({ sub: user.id, type: 'user', name: 'Ann Lee' });
  const phone = await RecordedSocket.open(stage.system.url(), token);
  const answer = await call<Booking>(stage.system.url(), 'POST', '/bookings', {
    token,
    body: bookingAt(freshPlace()),
  });
  expect(answer.status).toBe(201);
  const { id } = answer.body;
  // The user's other device hears that nobody is there for the other booking; so did the page.
  await phone.arrival('booking:no_pilots', (one) => one['bookingId'] === id);
  await call(stage.system.url(), 'POST', `/bookings/${id}/cancel`, { token, body: {} });
  await phone.arrival('booking:cancelled', (one) => one['bookingId'] === id);
  phone.close();
  const changed = async (): Promise<string | false> => {
    const shown = await user.screen.page.locator('main').innerText();
    return shown.includes('Finding a driver') && shown.includes('Offer sent to driver 1...') ? false : shown;
  };
  await never('another booking on the screen', changed, 700);
  expect(await pilot.popup.count()).toBe(1);
  await pilot.answer('Accept');
  await user.screen.sees('Pat Roy has accepted your booking!');
});

test('a retry that does not get through says so, and is offered again', async () => {
  const place = freshPlace();
  const user = await stage.user();
  const { page } = user.screen;
  await user.book(place);
  await user.screen.sees('No pilots available in your area');
  user.screen.troubled = true;
  await page.route('**/retry-assignment', (route) => route.abort());
  await user.screen.button('Try Again').click();
  await page.getByRole('alert').getByText('Failed to retry. Please try again.').waitFor();
  await user.screen.heading('No driver found').waitFor();
  await page.unroute('**/retry-assignment');
  const pilot = await stage.pilot(place);
  await user.screen.button('Try Again').click();
  await user.screen.heading('Finding a driver').waitFor();
  expect(await user.screen.text('Failed to retry. Please try again.').count()).toBe(0);
  await pilot.offered();
});
