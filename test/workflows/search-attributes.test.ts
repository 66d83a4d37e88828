/** Search attributes: kept up to date where the cluster has them, done without where it lacks them. */
import { NativeConnection } from '@temporalio/worker';
import { pino } from 'pino';
import { startOf } from '../../dispatch/create-booking.js';
import { AssignmentClient } from '../../src/assignment-client/assignment-client.js';
import { registerSearchAttributes } from '../../src/worker/search-attributes.js';
import { freshPlace } from '../support/places.js';
import { openRealStage } from '../support/real-stage.js';
import { eventually } from '../support/waiting.js';
import type { Stage } from '../support/workflow-stage.js';

let stage: Stage;
afterEach(async () => {
  await stage.clear();
});

describe('on a cluster that has them', () => {
  beforeAll(async () => {
    stage = await openRealStage();
  });
  afterAll(() => stage.close());

  test('they follow the booking from its start to its end', async () => {
    const here = freshPlace();
    const pilotId = await stage.pilot(here, 1);
    const booked = await stage.book(here);
    const number = `B-${(await booked.row()).number}`;
    const attributes = async () => (await booked.handle.describe()).searchAttributes;
    await stage.stopWorker();
    await booked.start();
    const ofTheBooking = { BookingNumber: [number], VehicleType: ['bike'] };
    expect(await attributes()).toEqual({
      ...ofTheBooking,
      AssignmentStatus: ['searching'],
      TriedPilots: [0],
    });
    await stage.startWorker();
    const offer = await booked.liveOffer(1);
    expect(await attributes()).toMatchObject({
      ...ofTheBooking,
      AssignmentStatus: ['offered'],
      TriedPilots: [1],
      PilotId: [pilotId],
    });
    await booked.decline(offer);
    await booked.viewIs('failed');
    const failed = await attributes();
    expect(failed).toMatchObject({ ...ofTheBooking, AssignmentStatus: ['failed'], TriedPilots: [1] });
    // A removed attribute is shown as null by some servers.
    expect((failed['PilotId'] ?? []).filter((one) => one !== null)).toEqual([]);
    await booked.retry();
    await booked.accept(await booked.liveOffer(2));
    await booked.viewIs('assigned');
    expect(await attributes()).toMatchObject({
      AssignmentStatus: ['assigned'],
      TriedPilots: [1],
      PilotId: [pilotId],
    });
    await booked.signal('cancel', {});
    await booked.result();
    expect(await attributes()).toMatchObject({ ...ofTheBooking, AssignmentStatus: ['cancelled'] });
  });
});

describe('on a cluster that lacks them', () => {
  beforeAll(async () => {
    stage = await openRealStage({ searchAttributes: false });
  });
  afterAll(() => stage.close());

  test('a booking finds its pilot and is delivered from without them', async () => {
    const here = freshPlace();
    await stage.pilot(here, 1);
    await stage.pilot(here, 2);
    const booked = await (await stage.book(here)).start();
    await booked.decline(await booked.liveOffer(1));
    await booked.accept(await booked.liveOffer(2));
    await booked.viewIs('assigned');
    const events = await booked.history();
    expect(events.filter((one) => one.upsertWorkflowSearchAttributesEventAttributes != null)).toEqual([]);
    expect(events.filter((one) => one.workflowTaskFailedEventAttributes != null)).toEqual([]);
  });

  test('a worker registers them, and bookings have them from then on', async () => {
    const { address, namespace } = stage.ground;
    const native = await NativeConnection.connect({ address });
    const client = AssignmentClient.fromEnvironment();
    try {
      await registerSearchAttributes(native, namespace, pino({ level: 'silent' }));
      await registerSearchAttributes(native, namespace, pino({ level: 'silent' }));
      const here = freshPlace();
      await stage.pilot(here, 1);
      const booked = await stage.book(here);
      await client.start(startOf(await booked.row()));
      await eventually(
        'the attributes',
        async () => (await booked.handle.describe()).searchAttributes['AssignmentStatus']?.[0] === 'offered',
      );
    } finally {
      await client.close();
      await native.close();
    }
  });
});
