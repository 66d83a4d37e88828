// Encrypted histories in trouble: signals by hand, garbage, keys that change or are missing.
import { randomUUID } from 'node:crypto';
import type { Payload } from '@temporalio/common';
import { workflowIdOf } from '../../contract/workflow.js';
import { ENCRYPTED, isEncrypted, KEY_ID } from '../../payload-codec/encryption-codec.js';
import { bent, codecOf, freshKey, jsonPayload, plainly } from '../support/payload-keys.js';
import { freshPlace } from '../support/places.js';
import { payloadsIn, SealedSystem, toJson } from '../support/sealed-system.js';
import { eventually } from '../support/waiting.js';

const [ONE, TWO] = [freshKey('one'), freshKey('two')];

let sealed: SealedSystem;
beforeAll(async () => {
  sealed = await SealedSystem.start({ PAYLOAD_KEYS: ONE });
});
afterAll(() => sealed?.stop());

test('signals by hand: plain ones work, also from the CLI; those through the endpoint are encrypted', async () => {
  const stand = await sealed.offered();
  const workflowId = workflowIdOf(stand.booking.id);
  const answer = JSON.stringify({ offerId: stand.offer.offerId, pilotId: stand.pilot.id });
  const signal = ['workflow', 'signal', '--workflow-id', workflowId];
  await sealed.cli([...signal, '--name', 'accept', '--input', answer]);
  await sealed.becomes(stand.booking, 'ASSIGNED');
  await sealed.cli([...signal, '--name', 'cancel', '--input', '{"by":"desk"}'], sealed.admin);
  await sealed.becomes(stand.booking, 'CANCELLED');
  const { events } = await sealed.history(stand.booking);
  const sent = (events ?? []).flatMap((one) => {
    const { signalName, input } = one.workflowExecutionSignaledEventAttributes ?? {};
    return (input?.payloads ?? []).map((payload) => `${signalName} ${isEncrypted(payload)}`);
  });
  expect(sent).toEqual(expect.arrayContaining(['accept false', 'cancel true']));
});

test('garbage that says it is encrypted changes nothing, and the booking goes on', async () => {
  const stand = await sealed.offered();
  const answer = jsonPayload({ offerId: stand.offer.offerId, pilotId: stand.pilot.id });
  const [known, foreign] = [codecOf(ONE).codec, codecOf(TWO).codec];
  const [good] = await known.encode([answer]);
  const [strange] = await foreign.encode([answer]);
  const encoding = Buffer.from(ENCRYPTED);
  const garbage: Payload[] = [
    bent(good as Payload, 20),
    bent(good as Payload, -1),
    strange as Payload,
    { metadata: { encoding }, data: Buffer.from('x') },
    { metadata: { encoding, [KEY_ID]: Buffer.from('one') } },
  ];
  const before = await sealed.user.events(stand.booking.id);
  for (const name of ['accept', 'decline', 'cancel', 'retry', 'nudge', randomUUID()])
    for (const payload of garbage) await sealed.signalRaw(stand.booking, name, [payload]);
  await eventually('the worker to tell of it', () => {
    const told = sealed.system
      .worker()
      .lines()
      .map((line) => line as { reason?: string; keyId?: string });
    return ['not_authentic', 'unknown_key'].every((why) => told.some(({ reason }) => reason === why));
  });
  expect(await sealed.user.events(stand.booking.id)).toEqual(before);
  expect((await stand.pilot.offers()).map((one) => one.offerId)).toEqual([stand.offer.offerId]);
  await sealed.signalRaw(stand.booking, 'accept', [good as Payload]);
  await sealed.becomes(stand.booking, 'ASSIGNED');
  await sealed.delivered(stand);
  expect(await sealed.failedTasks(stand.booking)).toEqual([]);
});

describe('keys change while bookings run', () => {
  test('begun under one key, ended under the next', async () => {
    const stand = await sealed.offered();
    await sealed.restart(`${TWO},${ONE}`);
    expect((await stand.pilot.accept(stand.offer.offerId)).status).toBe(200);
    await eventually('the workflow to hear of it', async () => {
      const used = [...payloadsIn(await sealed.history(stand.booking))].map(
        ([, one]) => plainly(one).metadata,
      );
      return used.some(({ [KEY_ID]: id }) => id === 'two') && used.some(({ [KEY_ID]: id }) => id === 'one');
    });
    await sealed.delivered(stand);
    expect(await sealed.failedTasks(stand.booking)).toEqual([]);
  });

  test('a worker without the key harms nothing: with the key the booking goes on', async () => {
    const place = freshPlace();
    const pilot = await sealed.cast.pilot({ at: place });
    await sealed.system.worker(sealed.system.workers.length - 1).stop();
    const lacking = await sealed.system.startWorker({ PAYLOAD_KEYS: undefined });
    const booking = await sealed.user.book(place);
    await eventually('a failed workflow task', async () => (await sealed.failedTasks(booking)).length > 0);
    expect(await sealed.runStatus(booking)).toBe('RUNNING');
    await lacking.stop();
    await sealed.system.startWorker({ PAYLOAD_KEYS: `${TWO},${ONE}` });
    const offer = await pilot.offered(booking.id, 30_000);
    expect((await pilot.accept(offer.offerId)).status).toBe(200);
    await sealed.delivered({ booking, pilot });
  });

  test('without keys a new booking is plain, and the endpoint hands back what it is given', async () => {
    await sealed.restart(undefined);
    const { booking } = await sealed.offered();
    const payloads = [...payloadsIn(await sealed.history(booking))].map(([, payload]) => payload);
    expect(payloads.filter(isEncrypted)).toEqual([]);
    const given = [
      toJson(jsonPayload(1)),
      ...(await codecOf(ONE).codec.encode([jsonPayload(2)])).map(toJson),
    ];
    for (const way of ['decode', 'encode'] as const)
      expect((await sealed.code(way, sealed.admin, given)).body.payloads).toEqual(given);
  });
});
