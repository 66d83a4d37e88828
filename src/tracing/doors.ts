/** Where spans are made: at the doors through which a call comes in, and goes on. */
import type { NextFunction, Request, Response } from 'express';
import { observeStatements } from '../../database/query.js';
import type { DispatchTrace } from '../../dispatch/context.js';
import type { Tracing } from './tracing.js';

/** Looked at by machines all the time, and of no interest. */
const UNTRACED = /^\/(health\/|metrics$|assets\/)/;
const SERVER_FAULT = 500;

/** A span around each REST call; a client's own `traceparent` is gone on with. */
export function traceRequests(tracing: Tracing) {
  return (request: Request, response: Response, next: NextFunction): void => {
    if (UNTRACED.test(request.path)) {
      next();
      return;
    }
    const { method } = request;
    const choice = { role: 'server', parent: request.header('traceparent') } as const;
    tracing.open(method, { ...choice, attributes: { 'http.request.method': method } }, (span) => {
      response.once('close', () => {
        const route = (request.route as { path?: string } | undefined)?.path;
        // The route's pattern, never the address: ids belong into attributes of their own.
        if (route !== undefined) span.rename(`${method} ${route}`);
        const status = response.statusCode;
        span.set({ 'http.route': route, 'http.response.status_code': status });
        if (status >= SERVER_FAULT) span.fail();
        span.end();
      });
      next();
    });
  };
}

/** A span around each statement that belongs to a call; what loops ask all the time makes none. */
export function traceStatements(tracing: Tracing): void {
  observeStatements((sql, run) => {
    if (tracing.current() === undefined) return run();
    const text = sql.replaceAll(/\s+/g, ' ').trim();
    const operation = /^\w+/.exec(text)?.[0].toUpperCase() ?? 'SQL';
    // Values stand in parameters, not in the text.
    const attributes = {
      'db.system.name': 'postgresql',
      'db.operation.name': operation,
      'db.query.text': text,
    };
    return tracing.within(`SQL ${operation}`, { role: 'client', attributes }, run);
  });
}

/** What dispatch leaves in its outbox, so that whoever delivers a line goes on with its trace. */
export function dispatchTrace(tracing: Tracing): DispatchTrace {
  return {
    current: () => tracing.current(),
    continued: (parent, kind, bookingId, work) =>
      tracing.within(
        `temporal ${kind}`,
        { role: 'producer', parent, attributes: { 'booking.id': bookingId } },
        work,
      ),
  };
}
