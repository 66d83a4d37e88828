// The operator reads the whole story of a booking, and steers: dispatch of a vehicle type, a pilot set offline.
import { PageStage } from '../support/page-stage.js';
import { freshPlace, northOf } from '../support/places.js';

let stage: PageStage;
beforeAll(async () => {
  stage = await PageStage.start();
});
afterEach(() => stage.clear());
afterAll(() => stage?.stop());

test('the story: who was asked at what distance, what he answered, why not others', async () => {
  const place = freshPlace();
  const [screen, user] = await Promise.all([stage.operator(), stage.cast.user()]);
  const near = await stage.cast.pilot({ name: 'Nora Near', at: northOf(place, 1) });
  await stage.cast.pilot({ name: 'Vic Van', at: northOf(place, 2), vehicleTypeId: 'van' });
  const { id, bookingNumber } = await user.book(place);
  const { offerId } = await near.offered(id);
  await near.request('POST', `/offers/${offerId}/decline`, { reason: 'on a break' });
  await user.event(id, 'booking:no_pilots');
  await screen.button(`Story of ${bookingNumber}`).click();
  await screen.heading(`Story of ${bookingNumber}`).waitFor();
  const story = screen.page.getByRole('region', { name: `Story of ${bookingNumber}` });
  await story.getByText('Nora Near declined').waitFor();
  await story.getByText(/^driver 1 · 1\.0 km · took .* · 1 of 2 near could be asked$/).waitFor();
  await story.getByText(/by pilot .* · “on a break”$/).waitFor();
  await story.getByText('Search 1 found no driver').waitFor();
  await story.getByText('Why not others: the nearest 2').first().click();
  await story
    .getByRole('listitem')
    .filter({ hasText: /^Vic Van2\.0 kmother vehicle$/ })
    .first()
    .waitFor();
  await screen.inspect('operator-story');
  await screen.button('Close').click();
  await screen.heading(`Story of ${bookingNumber}`).waitFor({ state: 'detached' });
});

test('dispatch of a vehicle type is paused and resumed, a pilot set offline, each with its reason in the audit', async () => {
  const pilot = await stage.cast.pilot({ name: 'Otto Online', at: freshPlace() });
  const staff = await stage.cast.operator();
  const screen = await stage.operator();
  await screen.button('Dispatch').click();
  await screen.heading('Dispatch').waitFor();
  await screen.page.getByLabel('Reason (optional)').fill('heavy snow');
  await screen.button('Pause Truck').click();
  await screen.sees('Truck: no new offers are made.');
  await screen.button('Resume Truck').waitFor();
  await screen.inspect('operator-dispatch');
  await screen.button('Resume Truck').click();
  await screen.sees('Truck: offers are made again.');
  await screen.page.getByLabel('Pilot who is online').selectOption('Otto Online');
  await screen.button('Set offline').click();
  await screen.sees('The pilot is offline.');
  expect(await pilot.expect(200, 'GET', '/pilots/me')).toMatchObject({ online: false });
  const { items } = await staff.expect<{ items: { action: string; reason: string }[] }>(
    200,
    'GET',
    '/admin/audit?limit=100',
  );
  // Beside these, the page's own looks at people are noted, once a minute, whenever that minute comes.
  const forSnow = items.filter(({ reason }) => reason === 'heavy snow').map(({ action }) => action);
  expect(forSnow).toEqual(['offline', 'resume', 'pause']);
});
