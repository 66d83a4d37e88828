// Whatever happens to the page, its line or the server: within two seconds of being back each screen shows what is so.
import type { Screen } from '../support/browser.js';
import { PageStage } from '../support/page-stage.js';
import { freshPlace } from '../support/places.js';
import { eventually } from '../support/waiting.js';

const RIGHT_WITHIN_MS = 2_000;
const AWAY = /No connection\. Reconnecting/;
/** Serves no page: through it the world goes on while the pages' own API is away. */
const OTHER_DOOR = 1;

let stage: PageStage;
beforeAll(async () => {
  stage = await PageStage.start({}, {});
});
afterEach(() => stage.clear());
afterAll(() => stage?.stop());

/** What is so may be shown before the line is open again: by REST. */
async function connectedAgain(screens: readonly Screen[]): Promise<void> {
  for (const screen of screens)
    await eventually(
      'the word of no connection to go',
      async () => (await screen.page.getByText(AWAY).count()) === 0,
    );
}

test('a reload during search, offer and job changes nothing', async () => {
  const place = freshPlace();
  const [user, pilot] = await Promise.all([stage.user(), stage.pilot(place)]);
  const id = await user.book(place);
  await pilot.offered();
  await Promise.all([user.screen.page.reload(), pilot.screen.page.reload()]);
  await user.screen.heading('Finding a driver').waitFor();
  await user.screen.sees('Offer sent to driver 1...');
  await pilot.offered();
  const [offer] = await pilot.actor.offers();
  const shown = Number(await pilot.popup.locator('.ring-number').textContent());
  expect(Math.abs(shown - (offer?.remainingSeconds ?? 0))).toBeLessThanOrEqual(1);
  await pilot.answer('Accept');
  await user.screen.heading('Your driver is on the way').waitFor();
  await Promise.all([user.screen.page.reload(), pilot.screen.page.reload()]);
  await user.screen.heading('Your driver is on the way').waitFor();
  await user.screen.sees('Pat Roy');
  await pilot.screen.button('I have arrived').click();
  await user.screen.heading('Your driver has arrived').waitFor();
  // Without the address of the booking the page goes to the one that is under way.
  await user.screen.page.goto(`${stage.system.url()}/user`);
  expect(await user.bookingId()).toBe(id);
  await user.screen.heading('Your driver has arrived').waitFor();
});

test('offline during an offer: it is said, and what happened meanwhile is there at once', async () => {
  const places = [freshPlace(), freshPlace()] as const;
  const [kept, cancelled, user, watcher] = await Promise.all([
    stage.pilot(places[0]),
    stage.pilot(places[1]),
    stage.cast.user(),
    stage.user(),
  ]);
  await watcher.book(places[0]);
  const { id } = await user.book(places[1]);
  await Promise.all([kept.offered(), cancelled.offered()]);
  const screens = [kept.screen, cancelled.screen, watcher.screen];
  for (const screen of screens) {
    screen.troubled = true;
    await screen.context.setOffline(true);
  }
  await Promise.all(screens.map((screen) => screen.page.getByText(AWAY).waitFor({ state: 'attached' })));
  expect((await user.cancel(id)).status).toBe(200);
  const [offer] = await kept.actor.offers();
  expect((await kept.actor.accept(offer?.offerId ?? '')).status).toBe(200);
  // Those who are away know nothing of it yet.
  expect([await kept.popup.count(), await cancelled.popup.count()]).toEqual([1, 1]);
  await watcher.screen.heading('Finding a driver').waitFor();
  const back = async (screen: (typeof screens)[number], seen: () => Promise<unknown>): Promise<void> => {
    await screen.context.setOffline(false);
    const backAt = Date.now();
    await seen();
    expect(Date.now() - backAt).toBeLessThan(RIGHT_WITHIN_MS);
  };
  await back(cancelled.screen, () => cancelled.offerGone());
  await back(kept.screen, () => kept.screen.button('I have arrived').waitFor());
  await back(watcher.screen, () => watcher.screen.sees('Pat Roy has accepted your booking!'));
  await connectedAgain(screens);
});

test('the API killed and started again: each screen says that it is away, then what is so', async () => {
  const [place, other] = [freshPlace(), freshPlace()];
  const [user, pilot, waiting, operator] = await Promise.all([
    stage.user(),
    stage.pilot(place, { name: 'Pat Kill' }),
    stage.pilot(other),
    stage.operator(),
  ]);
  await user.book(place);
  await pilot.offered();
  await operator.sees('Offered');
  const screens = [user.screen, pilot.screen, waiting.screen, operator];
  for (const screen of screens) screen.troubled = true;
  const { url } = stage.system.api();
  await stage.system.api().kill9();
  await Promise.all(screens.map((screen) => screen.page.getByText(AWAY).waitFor({ state: 'attached' })));
  // Meanwhile, through another API: the offer is accepted on another device, and another booking is made.
  pilot.actor.door = OTHER_DOOR;
  const [offer] = await pilot.actor.offers();
  expect((await pilot.actor.accept(offer?.offerId ?? '')).status).toBe(200);
  const stranger = await stage.cast.user({ connected: false });
  stranger.door = OTHER_DOOR;
  waiting.actor.door = OTHER_DOOR;
  await stranger.book(other);
  await eventually('the offer of the other booking', async () => (await waiting.actor.offers()).length > 0);
  await stage.system.startApi({ PORT: new URL(url).port });
  const backAt = Date.now();
  await Promise.all([
    user.screen.sees('Pat Kill has accepted your booking!', RIGHT_WITHIN_MS),
    pilot.screen.button('I have arrived').waitFor({ timeout: RIGHT_WITHIN_MS }),
    waiting.popup.waitFor({ timeout: RIGHT_WITHIN_MS }),
    operator.page.getByRole('table').getByText('Offered').waitFor({ timeout: RIGHT_WITHIN_MS }),
  ]);
  expect(Date.now() - backAt).toBeLessThan(RIGHT_WITHIN_MS);
  await connectedAgain(screens);
});
