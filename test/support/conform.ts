/** Answers are held to the contract's schemas strictly: a field that the schema does not know fails. */
import type { z } from 'zod';
import { problemShape, type Problem } from '../../contract/shapes.js';
import type { ConflictCode } from '../../contract/problems.js';
import type { Reply } from './rest.js';

/** The value fits the schema and holds nothing else. */
export function conform(schema: z.ZodType, value: unknown): void {
  const parsed = schema.safeParse(value);
  if (!parsed.success)
    throw new Error(`${JSON.stringify(value)} is not as the contract says: ${parsed.error.message}`);
  // What the schema does not know is stripped by it, and so missing here.
  expect(parsed.data).toEqual(value);
}

/** The reply is a problem document of RFC 9457 with this status, and tells nothing of our insides. */
export function expectProblem(reply: Reply, status: number, code?: ConflictCode): Problem {
  if (reply.status !== status) throw new Error(`${reply.status} instead of ${status}: ${reply.text}`);
  expect(reply.headers['content-type']).toMatch(/^application\/problem\+json/);
  conform(problemShape, reply.body);
  const problem = reply.body as Problem;
  expect(problem.status).toBe(status);
  expect(problem.title).not.toBe('');
  expect(problem.code).toBe(code);
  expect(reply.text).not.toMatch(/\bat .*\.(js|ts):\d+|node_modules|select |insert |typeorm|postgres:\/\//i);
  return problem;
}

/** The fields that a 400 complains of. */
export function badFields(reply: Reply): string[] {
  const { errors = [] } = expectProblem(reply, 400);
  for (const error of errors) expect(error.message).not.toBe('');
  return errors.map((error) => error.field).sort();
}
