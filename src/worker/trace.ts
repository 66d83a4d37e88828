/** The worker's part of a trace: spans around activities, and those that workflows tell of. */
import type { ActivityInterceptorsFactory, InjectedSinks } from '@temporalio/worker';
import { defaultPayloadConverter } from '@temporalio/common';
import { TRACE_HEADER } from '../../contract/workflow.js';
import type { TraceSinks } from '../../workflows/trace-headers.js';
import type { Tracing } from '../tracing/tracing.js';

const bookingOf = (workflowId: string | undefined): string | undefined =>
  workflowId?.replace(/^booking-/, '');

/** Sinks of the workflows. Without tracing too: an API may trace while this worker does not. */
export function traceSinks(tracing: Tracing | undefined): InjectedSinks<TraceSinks> {
  return {
    trace: {
      begun: {
        fn: ({ workflowId, workflowType }, { parent, own, at }) =>
          tracing?.record({
            name: `workflow ${workflowType}`,
            parent,
            own,
            at,
            attributes: { 'booking.id': bookingOf(workflowId) },
          }),
      },
      signalled: {
        fn: ({ workflowId }, { signal, parent, own, at }) =>
          tracing?.record({
            name: `signal ${signal}`,
            parent,
            ...(own === undefined ? {} : { link: own }),
            at,
            attributes: { 'booking.id': bookingOf(workflowId) },
          }),
      },
    },
  };
}

/** A span around each activity that a traced booking's workflow runs. */
export function traceActivities(tracing: Tracing): ActivityInterceptorsFactory {
  return ({ info }) => ({
    inbound: {
      execute: (input, next) => {
        const header = input.headers[TRACE_HEADER];
        const parent: unknown =
          header === undefined ? undefined : defaultPayloadConverter.fromPayload(header);
        if (typeof parent !== 'string') return next(input);
        const attributes = {
          'booking.id': bookingOf(info.workflowExecution?.workflowId),
          'temporal.attempt': info.attempt,
        };
        return tracing.within(`activity ${info.activityType}`, { parent, attributes }, () => next(input));
      },
    },
  });
}
