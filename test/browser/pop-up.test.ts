// The pop-up of an offer counts by the server's clock, whatever the phone's says, and goes when the offer does.
import type { Page } from 'playwright-core';
import type { Offer } from '../../contract/shapes.js';
import { colourOf, expectColour, hex } from '../support/colours.js';
import { PageStage, type PilotScreen } from '../support/page-stage.js';
import { freshPlace } from '../support/places.js';

const RED = hex('#b91c1c');
const GREEN = hex('#047857');
/** The page looks at its clock this often, and heard of the server's a moment late. */
const LATE_MS = 600;

let stage: PageStage;
beforeAll(async () => {
  stage = await PageStage.start({ OFFER_TIMEOUT_MS: '13000', SEARCH_TIMEOUT_MS: '40000' });
});
afterEach(() => stage.clear());
afterAll(() => stage?.stop());

/** A phone whose clock is wrong by this many hours. */
function clockWrong(hours: number): (page: Page) => Promise<unknown> {
  return (page) =>
    page.addInitScript((offMs) => {
      const Right = Date;
      class Wrong extends Right {
        constructor(given: string | number = Right.now() + offMs) {
          super(given);
        }
        static override now(): number {
          return Right.now() + offMs;
        }
      }
      globalThis.Date = Wrong as DateConstructor;
    }, hours * 3_600_000);
}

interface Look {
  /** The true time, whatever the phone's clock says: epoch milliseconds. */
  at: number;
  shown: number;
  ring: string;
  head: string;
  label: string | null;
}

interface Watched {
  looks: Look[];
  goneAt: number;
}

declare global {
  /** In the page: what is seen of its pop-up until it goes. */
  var popupWatched: Promise<Watched>;
}

/**
 * Watches a pop-up from inside its page until it goes: on a busy machine a look from outside comes late, and would
 * measure the way to the browser. Ten looks a second, the first before this answers, and the instant at which it went.
 */
async function watching({ screen }: PilotScreen): Promise<() => Promise<Watched>> {
  await screen.page.evaluate(
    () =>
      void (globalThis.popupWatched = new Promise<Watched>((resolve) => {
        const looks: Look[] = [];
        const look = (): void => {
          const at = performance.timeOrigin + performance.now();
          const popup = document.querySelector('[role=alertdialog]');
          const timer = popup?.querySelector('[role=timer]');
          const head = popup?.querySelector('.dialog-title');
          if (!timer || !head) {
            clearInterval(often);
            changes.disconnect();
            resolve({ looks, goneAt: at });
            return;
          }
          looks.push({
            at,
            shown: Number(timer.querySelector('.ring-number')?.textContent),
            ring: getComputedStyle(timer).color,
            head: getComputedStyle(head).backgroundColor,
            label: timer.getAttribute('aria-label'),
          });
        };
        const often = setInterval(look, 100);
        const changes = new MutationObserver(() => {
          if (document.querySelector('[role=alertdialog]') === null) look();
        });
        changes.observe(document.body, { childList: true, subtree: true });
        look();
      })),
  );
  return () => screen.page.evaluate(() => globalThis.popupWatched);
}

/** Watches a pop-up until it goes; answers the numbers that it showed. */
async function watch(pilot: PilotScreen, offer: Offer): Promise<number[]> {
  const endsAt = Date.parse(offer.expiresAt);
  const { looks, goneAt } = await (await watching(pilot))();
  looks.forEach(({ at, shown, ring, head, label }, index) => {
    // Should the page have stood still for a moment, it shows what was right at the look before.
    const before = looks[index - 1]?.at ?? at;
    expect(shown).toBeGreaterThanOrEqual(Math.ceil((endsAt - at) / 1000));
    expect(shown).toBeLessThanOrEqual(Math.max(0, Math.ceil((endsAt - before + LATE_MS) / 1000)));
    expect(label).toBe(`${shown} seconds to respond`);
    expectColour(ring, shown <= 10 ? RED : GREEN);
    expectColour(head, shown <= 10 ? RED : GREEN);
  });
  expect(goneAt - endsAt).toBeGreaterThan(-50);
  expect(goneAt - endsAt).toBeLessThan(1_500);
  return looks.map(({ shown }) => shown);
}

test('F22 · the number is what is left by the server, red from 10, and closes at 0 by itself: on any clock', async () => {
  const phones = await Promise.all(
    [0, 1, -1].map(async (hours) => {
      const place = freshPlace();
      const choice = { before: clockWrong(hours) };
      const [user, pilot] = await Promise.all([stage.cast.user(), stage.pilot(place, {}, choice)]);
      return { user, pilot, place, hours };
    }),
  );
  for (const { pilot, hours } of phones) {
    const off = (await pilot.screen.page.evaluate(() => Date.now())) - Date.now();
    expect(Math.abs(off - hours * 3_600_000)).toBeLessThan(60_000);
  }
  const bookings = await Promise.all(phones.map(({ user, place }) => user.book(place)));
  expect(bookings).toHaveLength(3);
  await Promise.all(phones.map(({ pilot }) => pilot.offered()));
  // From here on nobody but the pages ends the offers.
  stage.system.worker().freeze();
  try {
    const shown = await Promise.all(
      phones.map(async ({ pilot }) => {
        const [offer] = await pilot.actor.offers();
        return watch(pilot, offer as Offer);
      }),
    );
    for (const numbers of shown) {
      expect(numbers).toEqual([...numbers].sort((one, other) => other - one));
      expect(new Set(numbers).size).toBeGreaterThanOrEqual(11);
    }
    await Promise.all(phones.map(({ pilot }) => pilot.screen.sees('You did not answer in time.')));
  } finally {
    stage.system.worker().thaw();
  }
});

test('when the booking is cancelled it goes at once, and says why', async () => {
  const place = freshPlace();
  const [user, pilot] = await Promise.all([stage.cast.user(), stage.pilot(place)]);
  const { id } = await user.book(place);
  await pilot.offered();
  const seen = await watching(pilot);
  const cancelledAt = Date.now();
  expect((await user.cancel(id)).status).toBe(200);
  const { looks, goneAt } = await seen();
  expect(colourOf(looks[0]?.ring ?? '').alpha).toBe(1);
  expect(goneAt - cancelledAt).toBeLessThan(1_500);
  await pilot.screen.sees('The customer cancelled.');
  await pilot.screen.sees('Waiting for offers');
});
