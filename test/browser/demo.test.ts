// The demo shows itself: with a tap there are pilots, and one of them delivers what is booked.
import { PageStage } from '../support/page-stage.js';

const DELIVERED_WITHIN_MS = 60_000;
/** Near the middle of the operator's map. */
const PLACE = { lat: 45.5088, lng: -73.56 };

let stage: PageStage;
beforeAll(async () => {
  stage = await PageStage.start({ SEARCH_PATIENCE_MS: '20000' });
});
afterEach(() => stage.clear());
afterAll(() => stage?.stop());

test('Add 20 pilots, and a booking is delivered within a minute', async () => {
  const [operator, user] = await Promise.all([stage.operator(), stage.user()]);
  await operator.button('Add 20 pilots').click();
  await operator.sees('20 pilots were added.', 30_000);
  const bookedAt = Date.now();
  await user.book(PLACE);
  await user.screen.sees(/has accepted your booking!/, DELIVERED_WITHIN_MS);
  await user.screen.heading('Delivered').waitFor({ timeout: DELIVERED_WITHIN_MS });
  expect(Date.now() - bookedAt).toBeLessThan(DELIVERED_WITHIN_MS);
}, 120_000);
