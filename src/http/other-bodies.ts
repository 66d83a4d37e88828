import type { NextFunction, Request, Response } from 'express';
import { InvalidInputException } from './validation.js';

/**
 * Refuses with 400 a body that is not sent as JSON: unread it would count as none, and a call whose body may be empty
 * would do its work and lose what it was told. Stands behind the reader of JSON. No body, or an empty one, is well.
 */
export function refuseOtherBodies(request: Request, _response: Response, next: NextFunction): void {
  const { 'transfer-encoding': coded, 'content-length': length } = request.headers;
  const hasBody = coded !== undefined || Number(length ?? 0) > 0;
  if (!hasBody || request.is('application/json') !== false) return next();
  const message = 'must be JSON, sent with Content-Type: application/json';
  next(new InvalidInputException([{ field: 'body', message }]));
}
