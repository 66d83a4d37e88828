// The pages follow the device's theme or the one that is chosen, with the colours that were agreed on.
import { colourOf, expectColour, hex, mixed, type Colour } from '../support/colours.js';
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

/** A token as the browser computes it. */
function token({ page }: Screen, name: string): Promise<string> {
  return page.evaluate((property) => {
    const probe = document.createElement('i');
    probe.style.color = `var(${property})`;
    document.body.append(probe);
    const { color } = getComputedStyle(probe);
    probe.remove();
    return color;
  }, name);
}

const ground = (screen: Screen): Promise<string> =>
  screen.style(screen.page.locator('html'), 'background-color');
const brightness = ({ red, green, blue }: Colour): number => (red + green + blue) / 3;

test.each(['user', 'pilot', 'operator'])(
  '/%s follows the system, and a switch that is remembered',
  async (page) => {
    const screen = await stage.browser.open(`${stage.system.url()}/${page}`, { scheme: 'light' });
    const becomes = (wanted: 'light' | 'dark'): Promise<unknown> =>
      eventually(`the page to be ${wanted}`, async () => {
        const lit = brightness(colourOf(await ground(screen))) > 127;
        return lit === (wanted === 'light');
      });
    await screen.button('Theme: system').waitFor();
    await becomes('light');
    await screen.goDark('dark');
    await becomes('dark');
    await screen.goDark('light');
    await becomes('light');
    await screen.button('Theme: system').click();
    await screen.button('Theme: light').click();
    await screen.button('Theme: dark').waitFor();
    await becomes('dark');
    await screen.page.reload();
    await screen.button('Theme: dark').waitFor();
    await becomes('dark');
    await screen.button('Theme: dark').click();
    await screen.button('Theme: system').waitFor();
    await becomes('light');
  },
);

test('in dark the four tones are as agreed, and in light each differs from them', async () => {
  const screen = await stage.browser.open(stage.system.url(), { scheme: 'dark' });
  await screen.heading('Pilot dispatch').waitFor();
  const agreed = { success: '#34D399', info: '#60A5FA', warning: '#FBBF24', error: '#F87171' };
  for (const [name, wanted] of Object.entries(agreed))
    expectColour(await token(screen, `--${name}`), hex(wanted));
  await screen.goDark('light');
  for (const [name, wanted] of Object.entries(agreed))
    expect(brightness(colourOf(await token(screen, `--${name}`)))).toBeLessThan(brightness(hex(wanted)));
});

test('cards: rounded by 16 px; in light a shadow, in dark none but a thin border', async () => {
  const screen = await stage.browser.open(stage.system.url(), { scheme: 'light' });
  const card = screen.page.locator('.card').first();
  await card.waitFor();
  const read = async (): Promise<{ radius: string; shadow: string; width: string; border: string }> => ({
    radius: await screen.style(card, 'border-top-left-radius'),
    shadow: await screen.style(card, 'box-shadow'),
    width: await screen.style(card, 'border-top-width'),
    border: await screen.style(card, 'border-top-color'),
  });
  const light = await read();
  expect(light.radius).toBe('16px');
  expect(light.shadow).toMatch(/ 0px /);
  expect(colourOf(light.shadow).alpha).toBeGreaterThan(0);
  await screen.goDark('dark');
  const dark = await read();
  expect(dark.radius).toBe('16px');
  expect(dark.shadow === 'none' || colourOf(dark.shadow).alpha === 0).toBe(true);
  expect(dark.width).toBe('1px');
  expect(colourOf(dark.border).alpha).toBeGreaterThan(0);
  expect(colourOf(dark.border).alpha).toBeLessThanOrEqual(0.3);
});

test('cash to collect and the call button stand out as agreed', async () => {
  const place = freshPlace();
  const [user, pilot] = await Promise.all([stage.user(), stage.pilot(place)]);
  await user.book(place, { cash: '31' });
  await pilot.offered();
  const { screen } = pilot;
  const cashIsRight = async (): Promise<void> => {
    const cash = screen.page.locator('.cash-card').first();
    const warning = colourOf(await token(screen, '--warning'));
    const surface = colourOf(await token(screen, '--surface-raised'));
    expectColour(await screen.style(cash, 'background-color'), mixed(warning, 0.1, surface));
    expectColour(await screen.style(cash, 'border-top-color'), { ...warning, alpha: 0.3 });
  };
  for (const scheme of ['light', 'dark'] as const) {
    await screen.goDark(scheme);
    await cashIsRight();
  }
  await pilot.answer('Accept');
  await screen.button('I have arrived').waitFor();
  await cashIsRight();
  const call = screen.page.getByRole('link', { name: /^Call / });
  const success = colourOf(await token(screen, '--success'));
  expectColour(await screen.style(call, 'background-color'), { ...success, alpha: 0.2 });
  expectColour(await screen.style(call, 'color'), success);
  await screen.goDark('light');
  expectColour(await screen.style(call, 'background-color'), colourOf(await token(screen, '--success')));
});
