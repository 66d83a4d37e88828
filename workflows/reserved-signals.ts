/**
 * The SDK keeps signal names that begin with `__temporal_` to itself: beside a default handler it throws for one before
 * any handler of ours sees it, and the workflow task fails again and again, for ever. Whoever may signal may send one, so
 * they are taken out before. No command is made: with and without it every history replays that replayed before.
 */
import { log, type WorkflowInterceptors } from '@temporalio/workflow';
import { shortName } from './inbox.js';

/** The SDK's TEMPORAL_RESERVED_PREFIX, which it does not export to workflows. */
const RESERVED = '__temporal_';

/** Made anew for each run. */
export const interceptors = (): WorkflowInterceptors => ({
  internals: [
    {
      activate(input, next) {
        const { activation } = input;
        activation.jobs = (activation.jobs ?? []).filter(({ signalWorkflow }) => {
          const signal = signalWorkflow?.signalName;
          if (!signal?.startsWith(RESERVED)) return true;
          log.warn('unknown signal ignored', { signal: shortName(signal) });
          return false;
        });
        next(input);
      },
    },
  ],
});
