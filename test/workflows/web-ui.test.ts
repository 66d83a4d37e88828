/** What Temporal's Web UI shows of a booking: summary, details, current details, a line for each timer and step. */
import type { temporal } from '@temporalio/proto';
import type { Booked } from '../support/booked.js';
import { freshPlace } from '../support/places.js';
import { openRealStage } from '../support/real-stage.js';
import { eventually } from '../support/waiting.js';
import type { Stage } from '../support/workflow-stage.js';

let stage: Stage;
beforeAll(async () => {
  stage = await openRealStage();
});
afterEach(async () => {
  await stage.clear();
});
afterAll(() => stage.close());

/** Shows what the Web UI shows under "Current details". */
async function currentDetails(booked: Booked): Promise<string> {
  const metadata = await booked.handle.query<temporal.api.sdk.v1.IWorkflowMetadata>(
    '__temporal_workflow_metadata',
  );
  return metadata.currentDetails ?? '';
}

/** The summaries of timers and local activities, in their order. */
async function summaries(booked: Booked): Promise<(string | null)[]> {
  const events = await booked.history();
  return events
    .filter((one) => one.timerStartedEventAttributes != null || one.markerRecordedEventAttributes != null)
    .map(({ userMetadata }) => {
      const data = userMetadata?.summary?.data;
      return data == null ? null : (JSON.parse(Buffer.from(data).toString()) as string);
    });
}

const number = async (booked: Booked): Promise<string> => `B-${(await booked.row()).number}`;

test('the workflow has a summary, details in Markdown, and nothing personal in them', async () => {
  const booked = await (await stage.book(freshPlace())).start();
  const described = await booked.handle.describe();
  expect(await described.staticSummary()).toBe(`${await number(booked)} · bike`);
  const about = (await described.staticDetails()) ?? '';
  expect(about).toMatch(/^\*\*Booking B-\d+\*\*/);
  expect(about).toContain('- a driver has 30 s to answer, a search 120 s, at most 10 drivers');
  expect(about).toContain('`cancel`');
  const { user_name: name, pickup_address: address } = await booked.row();
  expect([name, address].filter((one) => about.includes(one))).toEqual([]);
});

test('every timer and every step has a line that says which offer, which pilot, how long', async () => {
  const here = freshPlace();
  const [first, second] = [await stage.pilot(here, 1), await stage.pilot(here, 2)];
  const brief = (id: string): string => `pilot ${id.slice(0, 4)}…`;
  const booked = await (await stage.book(here)).start();
  const { id: offerId } = await booked.liveOffer(1);
  await booked.signal('decline', { offerId, pilotId: first });
  const offer = await booked.liveOffer(2);
  await booked.accept(offer);
  await booked.viewIs('assigned');
  await booked.signal('cancel', {});
  await booked.result();
  expect(await summaries(booked)).toEqual([
    'Ask driver 1 of 10 · search 1',
    `Offer 1 of 10 · ${brief(first)} · 30 s`,
    `Decline by operator · offer 1 · ${brief(first)}`,
    'Ask driver 2 of 10 · search 1',
    `Offer 2 of 10 · ${brief(second)} · 30 s`,
    `Accept by pilot · offer 2 · ${brief(second)}`,
    'Cancel by operator',
  ]);
});

test('the current details follow the booking', async () => {
  const here = freshPlace();
  const pilotId = await stage.pilot(here, 1);
  const booked = await (await stage.book(here)).start();
  const offer = await booked.liveOffer(1);
  const about = `**${await number(booked)} · bike`;
  const follows = (words: string[]): Promise<unknown> =>
    eventually(`details with ${words.join(', ')}`, async () => {
      const shown = await currentDetails(booked);
      return words.every((one) => shown.includes(one));
    });
  await follows([`${about} · searching, driver 1**`, `offer \`${offer.id}\` to pilot \`${pilotId}\``]);
  await booked.decline(offer);
  await follows([`${about} · no_pilots after 1, waiting for the customer**`, `- driver 1: \`${pilotId}\``]);
  await booked.retry();
  await booked.accept(await booked.liveOffer(2));
  await follows([`${about} · ASSIGNED**`, `- pilot \`${pilotId}\``, '- search 2: from ']);
});
