// decision 15: a worker that stops begins no poll, and waits for those under way.
import type { SlotReserveContext } from '@temporalio/worker';
import { WorkflowSlots } from '../../src/worker/workflow-slots.js';

const CONTEXT = {} as SlotReserveContext;
const never = () => new AbortController().signal;

async function isOpen(promise: Promise<unknown>): Promise<boolean> {
  const open = Symbol('open');
  await new Promise(setImmediate);
  return (await Promise.race([promise, Promise.resolve(open)])) === open;
}

test('a stopping worker begins no further poll', async () => {
  const slots = new WorkflowSlots();
  await slots.close();
  expect(slots.tryReserveSlot()).toBeNull();
  expect(await isOpen(slots.reserveSlot(CONTEXT, never()))).toBe(true);
});

test('a stopping worker has stopped when the last poll under way has ended', async () => {
  const slots = new WorkflowSlots();
  await Promise.all([slots.reserveSlot(CONTEXT, never()), slots.reserveSlot(CONTEXT, never())]);
  const closed = slots.close();
  slots.releaseSlot();
  expect(await isOpen(closed)).toBe(true);
  slots.releaseSlot();
  await closed;
});

test('a poll that never ends holds a stopping worker up for three seconds at most', async () => {
  const slots = new WorkflowSlots();
  await slots.reserveSlot(CONTEXT, never());
  jest.useFakeTimers();
  try {
    const closed = slots.close();
    await jest.advanceTimersByTimeAsync(2_999);
    await closed;
  } finally {
    jest.useRealTimers();
  }
});

test('forty tasks at once, and the next begins when one of them ends', async () => {
  const slots = new WorkflowSlots();
  await Promise.all(Array.from({ length: 40 }, () => slots.reserveSlot(CONTEXT, never())));
  const next = slots.reserveSlot(CONTEXT, never());
  expect(await isOpen(next)).toBe(true);
  slots.releaseSlot();
  await next;
});

test('a slot that the SDK needs no more is given to nobody', async () => {
  const slots = new WorkflowSlots();
  await Promise.all(Array.from({ length: 40 }, () => slots.reserveSlot(CONTEXT, never())));
  const unwanted = new AbortController();
  const first = slots.reserveSlot(CONTEXT, unwanted.signal);
  const second = slots.reserveSlot(CONTEXT, never());
  unwanted.abort(new Error('not needed'));
  await expect(first).rejects.toThrow('not needed');
  slots.releaseSlot();
  await second;
});
