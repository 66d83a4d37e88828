/**
 * Hands a booking's trace on from the start's header to the activities' headers. It makes no command, draws
 * no random number and reads no header that it does not know: with and without it every history replays.
 */
import { proxySinks, workflowInfo, type Sinks, type WorkflowInterceptors } from '@temporalio/workflow';
import { defaultPayloadConverter, type Headers } from '@temporalio/common';
import { TRACE_HEADER } from '../contract/workflow.js';

const TRACEPARENT = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;
const SPAN_ID_DIGITS = 16;

/** What the worker makes spans of. Not called in replays. */
export interface TraceSinks extends Sinks {
  trace: {
    begun(span: { parent: string; own: string; at: number }): void;
    signalled(span: { signal: string; parent: string; own: string | undefined; at: number }): void;
  };
}

/** Made anew for each run. */
export const interceptors = (): WorkflowInterceptors => {
  const { trace } = proxySinks<TraceSinks>();
  let own: string | undefined;
  return {
    inbound: [
      {
        execute(input, next) {
          const parent = traceparentIn(input.headers);
          if (parent !== undefined) {
            own = ownSpan(parent);
            trace.begun({ parent, own, at: Date.now() });
          }
          return next(input);
        },
        handleSignal(input, next) {
          const parent = traceparentIn(input.headers);
          if (parent !== undefined)
            trace.signalled({ signal: input.signalName, parent, own, at: Date.now() });
          return next(input);
        },
      },
    ],
    outbound: [
      {
        scheduleLocalActivity: (input, next) => next({ ...input, headers: withTrace(input.headers, own) }),
        continueAsNew: (input, next) => next({ ...input, headers: withTrace(input.headers, own) }),
      },
    ],
  };
};

/** The run's span under its parent; the id is the run's own, since a random one would shift all that follow. */
function ownSpan(parent: string): string {
  const [version, traceId, , flags] = parent.split('-');
  const spanId = workflowInfo().runId.replaceAll('-', '').slice(0, SPAN_ID_DIGITS);
  return [version, traceId, spanId, flags].join('-');
}

/** A header may come from anybody: one that is no traceparent is as good as none. */
function traceparentIn(headers: Headers): string | undefined {
  const payload = headers[TRACE_HEADER];
  if (payload === undefined) return undefined;
  try {
    const text: unknown = defaultPayloadConverter.fromPayload(payload);
    return typeof text === 'string' && TRACEPARENT.test(text) ? text : undefined;
  } catch {
    return undefined;
  }
}

function withTrace(headers: Headers, own: string | undefined): Headers {
  return own === undefined ? headers : { ...headers, [TRACE_HEADER]: defaultPayloadConverter.toPayload(own) };
}
