// What each error means to a caller: RFC 9457, without a stack, a version or a statement (S20).
import {
  BadRequestException,
  ForbiddenException,
  HttpException,
  NotFoundException,
  UnauthorizedException,
} from '@nestjs/common';
import type { ArgumentsHost } from '@nestjs/common';
import type { Logger } from 'pino';
import { QueryFailedError } from 'typeorm';
import { CONFLICT_CODES } from '../../contract/problems.js';
import { problemShape } from '../../contract/shapes.js';
import {
  ConflictError,
  KeyReusedError,
  NotFoundError,
  UnknownReferenceError,
} from '../../dispatch/errors.js';
import { databaseIsAway } from '../../src/http/database-away.js';
import { ProblemFilter, problemOf } from '../../src/http/problem.filter.js';
import { TooManyRequestsException } from '../../src/http/rate-limiter.js';
import { InvalidInputException } from '../../src/http/validation.js';

const NOTHING_HERE = 'There is nothing here for you.';
const driver = (code: string, message = 'driver says no') =>
  new QueryFailedError(
    'SELECT secret FROM bookings',
    ['CANARY'],
    Object.assign(new Error(message), { code }),
  );
const parser = (status: number, type: string) => Object.assign(new Error('parser'), { status, type });

it.each([
  [
    'a field',
    new InvalidInputException([{ field: 'lat', message: 'bad' }]),
    { status: 400, errors: [{ field: 'lat', message: 'bad' }] },
  ],
  [
    'an unknown vehicle',
    new UnknownReferenceError('vehicleTypeId', 'none'),
    { status: 400, errors: [{ field: 'vehicleTypeId', message: 'none' }] },
  ],
  ['absent or not yours', new NotFoundError('no booking 1234'), { status: 404, detail: NOTHING_HERE }],
  ['no route', new NotFoundException('Cannot GET /x'), { status: 404, detail: NOTHING_HERE }],
  ['no token', new UnauthorizedException('no'), { status: 401 }],
  ['wrong role', new ForbiddenException('no'), { status: 403 }],
  ['a bad request', new BadRequestException('no'), { status: 400 }],
  ['a reused key', new KeyReusedError('reused'), { status: 422, detail: 'reused' }],
  ['too many', new TooManyRequestsException(7), { status: 429, retryAfterSeconds: 7 }],
  ['too large', parser(413, 'entity.too.large'), { status: 413 }],
  [
    'no JSON',
    parser(400, 'entity.parse.failed'),
    { status: 400, errors: [{ field: 'body', message: 'is not JSON' }] },
  ],
  [
    'no JSON, as Nest hands it on',
    new BadRequestException('Unexpected token, "CANARY"', { cause: parser(400, 'entity.parse.failed') }),
    { status: 400, errors: [{ field: 'body', message: 'is not JSON' }] },
  ],
  [
    'too large, as Nest hands it on',
    new HttpException('request entity too large', 413, { cause: parser(413, 'entity.too.large') }),
    { status: 413, detail: 'The body is larger than 64 kB.' },
  ],
  ['an encoding', parser(415, 'encoding.unsupported'), { status: 415 }],
  ['Postgres away', driver('57P01'), { status: 503, retryAfterSeconds: expect.any(Number) }],
  ['anything else', new Error('CANARY'), { status: 500, detail: 'Something went wrong on our side.' }],
  ['a driver error', driver('23505', 'CANARY'), { status: 500, detail: 'Something went wrong on our side.' }],
  ['a thrown text', 'CANARY', { status: 500 }],
  ['a thrown nothing', undefined, { status: 500 }],
  ['a liar', Object.assign(new Error('CANARY'), { status: 200, type: 'x' }), { status: 500 }],
] as [string, unknown, object][])('%s', (_name, error, expected) => {
  const problem = problemOf(error);
  expect(problem).toMatchObject(expected);
  expect(JSON.stringify(problem)).not.toMatch(/CANARY|SELECT|node_modules/);
});

it.each(CONFLICT_CODES)('409 with the code %s', (code) => {
  expect(problemOf(new ConflictError(code, 'so it is'))).toEqual({ status: 409, code, detail: 'so it is' });
});

describe('the answer', () => {
  function answer(error: unknown) {
    const sent = {
      headers: {} as Record<string, string>,
      status: 0,
      type: '',
      body: {} as Record<string, unknown>,
    };
    const logged: unknown[] = [];
    const response = {
      headersSent: false,
      setHeader: (name: string, value: string) => (sent.headers[name] = value),
      status: (status: number) => ((sent.status = status), response),
      type: (type: string) => ((sent.type = type), response),
      send: (body: string) => (sent.body = JSON.parse(body) as Record<string, unknown>),
    };
    const host = {
      switchToHttp: () => ({
        getResponse: () => response,
        getRequest: () => ({ method: 'GET', path: '/x' }),
      }),
    };
    const logger = { error: (...entry: unknown[]) => logged.push(entry) } as unknown as Logger;
    new ProblemFilter(logger).catch(error, host as unknown as ArgumentsHost);
    return { ...sent, logged };
  }

  it('is a problem document of the contract', () => {
    for (const error of [
      new NotFoundError('x'),
      new ConflictError('pilot_busy', 'x'),
      new Error('x'),
      driver('08006'),
    ]) {
      const { type, body, status } = answer(error);
      expect(type).toBe('application/problem+json');
      expect(problemShape.strict().safeParse(body).error).toBeUndefined();
      expect(body['status']).toBe(status);
    }
  });

  it('says when to come again, and which token is missing', () => {
    expect(answer(new TooManyRequestsException(12)).headers).toEqual({ 'Retry-After': '12' });
    expect(answer(driver('53300')).headers['Retry-After']).toMatch(/^[1-9]\d*$/);
    expect(answer(new UnauthorizedException()).headers).toEqual({ 'WWW-Authenticate': 'Bearer' });
  });

  it('a fault of ours has an id, in the answer and in the log; one of the caller has none and is not logged', () => {
    const ours = answer(new Error('CANARY'));
    expect(ours.body['instance']).toMatch(/^urn:uuid:[0-9a-f-]{36}$/);
    expect(JSON.stringify(ours.logged)).toContain(ours.body['instance'] as string);
    expect(JSON.stringify(ours.body)).not.toContain('CANARY');
    const theirs = answer(new ConflictError('offer_expired', 'late'));
    expect(theirs.body).not.toHaveProperty('instance');
    expect(theirs.logged).toEqual([]);
  });
});

describe('Postgres is away', () => {
  it.each([
    'ECONNREFUSED',
    'ECONNRESET',
    'EPIPE',
    'ETIMEDOUT',
    'ENOTFOUND',
    '08006',
    '08P01',
    '53300',
    '57014',
    '57P01',
    '57P03',
    '55P03',
    '25P03',
  ])('with %s, from the driver or bare', (code) => {
    expect(databaseIsAway(driver(code))).toBe(true);
    expect(databaseIsAway(Object.assign(new Error('x'), { code }))).toBe(true);
  });

  it.each([
    'Connection terminated unexpectedly',
    'Query runner already released. Cannot run queries anymore.',
    'Connection terminated due to connection timeout',
    'timeout exceeded when trying to connect',
    'Client has encountered a connection error and is not queryable',
    'Driver not Connected',
    'Database connection provided by a query runner was already released, cannot continue',
  ])('when the driver says so without a code: %s', (message) => {
    expect(databaseIsAway(new Error(message))).toBe(true);
  });

  it.each(['23505', '23503', '42P01', '22P02', '40001', 'XX000'])(
    'not with %s: trying again helps nobody',
    (code) => {
      expect(databaseIsAway(driver(code))).toBe(false);
    },
  );

  it('not with any other error', () => {
    for (const error of [new Error('x'), new NotFoundError('timeout'), null, undefined, 'ECONNRESET', 42, {}])
      expect(databaseIsAway(error)).toBe(false);
  });
});
