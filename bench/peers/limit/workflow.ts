/**
 * The bare workflow of the same shape as a booking's: a local activity that claims, a timer that an answer cuts
 * short, a local activity that settles, and then it rests. Its activities do nothing, so nothing on this engine can
 * be faster.
 */
import {
  condition,
  defineSignal,
  defineUpdate,
  proxyLocalActivities,
  setHandler,
} from '@temporalio/workflow';
import { ANSWER_SIGNAL, ANSWER_UPDATE, type LimitActivities } from './names.js';

const activities = proxyLocalActivities<LimitActivities>({
  // As in the booking's workflow.
  startToCloseTimeout: '3s',
});

export async function limit(id: string): Promise<void> {
  let answered = 0;
  setHandler(defineSignal(ANSWER_SIGNAL), () => {
    answered += 1;
  });
  setHandler(defineUpdate<number>(ANSWER_UPDATE), () => (answered += 1));
  await activities.claim({ id });
  await condition(() => answered > 0, '30s');
  await activities.settle({ id });
  // As a booking that is assigned: until somebody ends it.
  await condition(() => false);
}
