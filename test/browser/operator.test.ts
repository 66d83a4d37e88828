// The operator sees each search as it is, and can step in: by hand, with a question before what cannot be undone.
import type { AssignmentStats, Booking } from '../../contract/shapes.js';
import type { Screen } from '../support/browser.js';
import { PageStage } from '../support/page-stage.js';
import { freshPlace } from '../support/places.js';
import { eventually } from '../support/waiting.js';

let stage: PageStage;
beforeAll(async () => {
  stage = await PageStage.start();
});
afterEach(() => stage.clear());
afterAll(() => stage?.stop());

type Figure = 'Pending bookings' | 'Active assignments' | 'Failed assignments' | 'Success rate';

async function figure({ page }: Screen, name: Figure): Promise<string> {
  const term = page.getByRole('region', { name: 'Figures' }).getByRole('term').filter({ hasText: name });
  return (await term.locator('xpath=following-sibling::dd').textContent()) ?? '';
}

function figureIs(screen: Screen, name: Figure, wanted: string): Promise<unknown> {
  return eventually(`${name} to be ${wanted}`, async () => (await figure(screen, name)) === wanted);
}

const row = ({ page }: Screen, booking: Booking) =>
  page.getByRole('row').filter({ has: page.getByRole('rowheader', { name: booking.bookingNumber }) });

/** Waits until the canvas of the map has a dot in the colour of a token. */
function dotOf({ page }: Screen, token: string): Promise<unknown> {
  const paints = (name: string): boolean => {
    const map = document.querySelector('.fleet-map');
    const canvas = map?.querySelector('canvas');
    const probe = document.createElement('i');
    probe.style.color = `var(${name})`;
    map?.append(probe);
    const wanted = (getComputedStyle(probe).color.match(/\d+/g) ?? []).map(Number);
    probe.remove();
    const pixels = canvas?.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
    for (let at = 0; at < pixels.length; at += 4)
      if (wanted.every((value, channel) => Math.abs(value - (pixels[at + channel] ?? 0)) < 3)) return true;
    return false;
  };
  return eventually(`a dot in the colour ${token}`, () => page.evaluate(paints, token));
}

test('figures move, and a search has its row with its state and its workflow', async () => {
  const place = freshPlace();
  const [screen, user] = await Promise.all([stage.operator(), stage.cast.user({ name: 'Una Booker' })]);
  await figureIs(screen, 'Pending bookings', '0');
  await figureIs(screen, 'Success rate', '–');
  const pilot = await stage.cast.pilot({ name: 'Pia Watched', at: place });
  const booking = await user.book(place);
  const shown = row(screen, booking);
  await shown.getByText('Offered').waitFor();
  await shown.getByText('Una Booker').waitFor();
  await shown.getByText(/^\d+ s · Pia Watched$/).waitFor();
  await figureIs(screen, 'Pending bookings', '1');
  await figureIs(screen, 'Active assignments', '1');
  const link = shown.getByRole('link', { name: /^Workflow of .* in Temporal/ });
  expect(await link.getAttribute('href')).toBe(
    `http://localhost:8233/namespaces/${stage.system.temporal.namespace}/workflows/booking-${booking.id}`,
  );
  await dotOf(screen, '--warning');
  await screen.inspect('operator');
  const offer = await pilot.offered(booking.id);
  expect((await pilot.accept(offer.offerId)).status).toBe(200);
  await shown.waitFor({ state: 'detached' });
  await figureIs(screen, 'Pending bookings', '0');
  await figureIs(screen, 'Active assignments', '0');
  await figureIs(screen, 'Success rate', '100%');
  await dotOf(screen, '--info');
  await screen.page.getByLabel('State').selectOption('Assigned');
  await shown.getByText('Pia Watched').waitFor();
  await screen.page
    .getByText('Pia Watched has the job.')
    .or(screen.page.getByText('Pia Watched has accepted'))
    .first()
    .waitFor();
});

test('the list needs no scrolling sideways, wherever it has its columns', async () => {
  const [{ page }, user] = await Promise.all([stage.operator(), stage.cast.user()]);
  await user.book(freshPlace());
  await page.getByRole('table').getByText('Failed').first().waitFor();
  const overhang: Record<number, number> = {};
  for (const width of [761, 1200, 1280]) {
    await page.setViewportSize({ width, height: 800 });
    overhang[width] = await page
      .getByRole('region', { name: /^Searches/ })
      .evaluate((list) => list.scrollWidth - list.clientWidth);
  }
  expect(overhang).toEqual({ 761: 0, 1200: 0, 1280: 0 });
});

test('a failed search: searched again, given by hand, taken back, cancelled, each only when confirmed', async () => {
  const place = freshPlace();
  const [screen, user] = await Promise.all([stage.operator(), stage.cast.user()]);
  const booking = await user.book(place);
  const { bookingNumber: number } = booking;
  const shown = row(screen, booking);
  await shown.getByText('Failed').waitFor();
  const staff = await stage.cast.operator();
  const { failedAssignments: failedBefore } = await staff.expect<AssignmentStats>(
    200,
    'GET',
    '/admin/assignments/stats',
  );
  await figureIs(screen, 'Failed assignments', String(failedBefore));

  await screen.button(`Search again for ${number}`).click();
  await screen.heading(`Search again for ${number}?`).waitFor();
  await screen.inspect('operator-retry-dialog');
  await screen.button('Not now').click();
  await screen.heading(`Search again for ${number}?`).waitFor({ state: 'detached' });
  expect((await user.eventNames(booking.id)).filter((name) => name === 'search_started')).toHaveLength(1);
  await screen.button(`Search again for ${number}`).click();
  await screen.button('Search again').click();
  await screen.sees(`${number}: a new search begins.`);
  await user.event(booking.id, 'booking:no_pilots', undefined, 2);
  await figureIs(screen, 'Failed assignments', String(failedBefore + 1));

  const pilot = await stage.cast.pilot({ name: 'Hanna Hand', at: place });
  await screen.button(`Assign a pilot to ${number}`).click();
  await screen.heading(`Assign ${number}`).waitFor();
  await screen.inspect('operator-assign-dialog');
  const name = screen.page.getByText('Hanna Hand', { exact: true });
  await eventually('the pilot to be offered', async () => {
    if (await name.isVisible()) return true;
    await screen.button('Look again').click();
    return false;
  });
  await screen.page.getByRole('dialog').getByText('Hanna Hand', { exact: true }).click();
  await screen.button('Assign Hanna Hand').click();
  await screen.sees(`${number}: given to Hanna Hand.`);
  await pilot.hears('job:assigned', (one) => one['id'] === booking.id);
  await screen.page.getByLabel('State').selectOption('Assigned');

  await screen.button(`Take the job back of ${number}`).click();
  await screen.button('Take job back').click();
  await screen.sees('Say why.');
  await screen.inspect('operator-release-dialog');
  await screen.page.getByRole('alertdialog').getByLabel('Reason').fill('Went home');
  await screen.button('Take job back').click();
  await screen.sees(`${number}: taken back; a new search begins.`);
  await screen.page.getByLabel('State').selectOption('Open');

  await screen.button(`Cancel ${number}`).click();
  await screen.heading(`Cancel ${number}?`).waitFor();
  await screen.inspect('operator-cancel-dialog');
  await screen.button('Not now').click();
  expect((await user.booking(booking.id)).status).toBe('PENDING');
  await screen.button(`Cancel ${number}`).click();
  await screen.button('Cancel booking').click();
  await shown.waitFor({ state: 'detached' });
  expect((await user.booking(booking.id)).status).toBe('CANCELLED');
  expect((await user.event(booking.id, 'booking:cancelled')).payload['by']).toBe('admin');
});
