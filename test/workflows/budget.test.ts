/** How long a history gets: events cost storage, replay time and, at 51,200, the workflow. */
import { freshPlace } from '../support/places.js';
import { openRealStage } from '../support/real-stage.js';
import { eventually } from '../support/waiting.js';
import type { Booked } from '../support/booked.js';
import type { OfferRow } from '../../database/rows.js';
import type { Stage } from '../support/workflow-stage.js';

const ONE_ACCEPT = 20;
const FURTHER_OFFER = 8;

let stage: Stage;
beforeAll(async () => {
  stage = await openRealStage();
});
afterEach(async () => {
  await stage.clear();
});
afterAll(() => stage.close());

/** Without asking the workflow: a query may cost a workflow task of its own. */
function live(booked: Booked, number: number): Promise<OfferRow> {
  return eventually(`offer ${number}`, async () => {
    const offer = (await booked.offers())[number - 1];
    const timers = (await booked.history()).filter((one) => one.timerStartedEventAttributes != null);
    return offer?.status === 'OFFERED' && timers.length === number ? offer : null;
  });
}

/** The length of the history as soon as no task of it is under way. */
function settled(booked: Booked, tasks: number): Promise<number> {
  return eventually('the history to rest', async () => {
    const events = await booked.history();
    const done = events.filter((one) => one.workflowTaskCompletedEventAttributes != null).length;
    const begun = events.filter((one) => one.workflowTaskScheduledEventAttributes != null).length;
    return done === begun && done >= tasks ? events.length : null;
  });
}

test(`a booking with one accept takes at most ${ONE_ACCEPT} events`, async () => {
  const here = freshPlace();
  await stage.pilot(here, 1);
  const booked = await (await stage.book(here)).start();
  await booked.accept(await live(booked, 1));
  expect(await settled(booked, 2)).toBeLessThanOrEqual(ONE_ACCEPT);
});

test.each(['declined', 'silent'])(
  `each further offer takes at most ${FURTHER_OFFER} events: %s`,
  async (how) => {
    const here = freshPlace();
    for (let one = 0; one < 4; one += 1) await stage.pilot(here, 1 + one / 10);
    const booked = await (
      await stage.book(here, { offerTimeoutMs: how === 'silent' ? 3_000 : 30_000 })
    ).start();
    await live(booked, 1);
    const first = await settled(booked, 1);
    for (let number = 1; number <= 2; number += 1) {
      const offer = await live(booked, number);
      if (how === 'declined') await booked.decline(offer);
    }
    await live(booked, 3);
    expect(((await settled(booked, 3)) - first) / 2).toBeLessThanOrEqual(FURTHER_OFFER);
  },
);
