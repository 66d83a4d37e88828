import type { NextFunction, Request, Response } from 'express';

/** A request that knows when it reached us, by this process's steady clock. */
export type TimedRequest = Request & { arrivedAt?: number };

/** First of all middlewares: notes when a request arrived. */
export function noteArrival(request: TimedRequest, _response: Response, next: NextFunction): void {
  request.arrivedAt = performance.now();
  next();
}

/** How long ago the request reached us, milliseconds. */
export function ageMs(request: TimedRequest): number {
  return performance.now() - (request.arrivedAt ?? performance.now());
}
