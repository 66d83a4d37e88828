import { randomUUID } from 'node:crypto';
import { Catch, HttpException, Inject, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Request, Response } from 'express';
import type { Logger } from 'pino';
import type { Problem } from '../../contract/shapes.js';
import {
  ConflictError,
  KeyReusedError,
  NotFoundError,
  UnknownReferenceError,
} from '../../dispatch/errors.js';
import { LOGGER } from '../config/providers.js';
import { databaseIsAway } from './database-away.js';
import { KeysAwayError } from './keys-away.js';
import { OverloadedException } from './overloaded.js';
import { TooManyRequestsException } from './rate-limiter.js';
import { InvalidInputException } from './validation.js';

const TITLES: Record<number, string> = {
  400: 'Bad request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not found',
  409: 'Conflict',
  413: 'Payload too large',
  415: 'Unsupported media type',
  422: 'Unprocessable content',
  429: 'Too many requests',
  500: 'Internal error',
  503: 'Service unavailable',
};
const AWAY_RETRY_SECONDS = 2;

type Answer = Partial<Problem> & { status: number; detail: string; retryAfterSeconds?: number };

/** Every error becomes a problem document (RFC 9457), without a stack, a version or a statement. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(@Inject(LOGGER) private readonly logger: Logger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const response = http.getResponse<Response>();
    const answer = problemOf(error);
    const instance = `urn:uuid:${randomUUID()}`;
    // Refused early is not failed: a line and a stack for each would be a load of its own.
    if (answer.status >= 500 && !(error instanceof OverloadedException))
      this.report(error, answer.status, instance, http.getRequest<Request>());
    if (response.headersSent) return;
    if (answer.retryAfterSeconds !== undefined)
      response.setHeader('Retry-After', String(answer.retryAfterSeconds));
    if (answer.status === 401) response.setHeader('WWW-Authenticate', 'Bearer');
    const { retryAfterSeconds: _seconds, ...problem } = answer;
    response
      .status(answer.status)
      .type('application/problem+json')
      .send(
        JSON.stringify({
          type: 'about:blank',
          title: TITLES[answer.status] ?? 'Error',
          ...problem,
          ...(answer.status >= 500 ? { instance } : {}),
        }),
      );
  }

  /** The route, not the address with its parameters, and the driver's code, not its statement. */
  private report(error: unknown, status: number, instance: string, request: Request): void {
    const err =
      error instanceof Error ? { name: error.name, message: error.message, stack: error.stack } : error;
    this.logger.error(
      { err, status, instance, method: request.method, path: request.path },
      'request failed',
    );
  }
}

/** What an error means to a caller. Pure. */
export function problemOf(error: unknown): Answer {
  if (error instanceof InvalidInputException)
    return { status: 400, detail: error.message, errors: error.errors };
  if (error instanceof UnknownReferenceError)
    return { status: 400, detail: error.message, errors: [{ field: error.field, message: error.message }] };
  if (error instanceof NotFoundError) return { status: 404, detail: 'There is nothing here for you.' };
  if (error instanceof ConflictError) return { status: 409, detail: error.message, code: error.code };
  if (error instanceof KeyReusedError) return { status: 422, detail: error.message };
  if (error instanceof TooManyRequestsException || error instanceof OverloadedException)
    return { status: error.getStatus(), detail: error.message, retryAfterSeconds: error.retryAfterSeconds };
  if (error instanceof HttpException) {
    const status = error.getStatus();
    const detail = status === 404 ? 'There is nothing here for you.' : error.message;
    // Nest wraps what the body parser threw, whose own words quote the body.
    return parserProblem(error.cause) ?? { status, detail };
  }
  if (databaseIsAway(error)) return awayAnswer('The database does not answer; try again.');
  if (error instanceof KeysAwayError) return awayAnswer('Tokens cannot be checked now; try again.');
  return parserProblem(error) ?? { status: 500, detail: 'Something went wrong on our side.' };
}

function awayAnswer(detail: string): Answer {
  return { status: 503, detail, retryAfterSeconds: AWAY_RETRY_SECONDS };
}

/** Errors of the body parser carry a status and a type of their own. */
function parserProblem(error: unknown): Answer | null {
  const { status, type } = (typeof error === 'object' && error !== null ? error : {}) as {
    status?: unknown;
    type?: unknown;
  };
  if (typeof status !== 'number' || status < 400 || status >= 500 || typeof type !== 'string') return null;
  if (type === 'entity.too.large') return { status: 413, detail: 'The body is larger than 64 kB.' };
  if (type === 'entity.parse.failed')
    return {
      status: 400,
      detail: 'The body is not JSON.',
      errors: [{ field: 'body', message: 'is not JSON' }],
    };
  return { status, detail: 'The body cannot be read.' };
}
