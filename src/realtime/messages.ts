/** The messages that clients may send: who may, what they take, what they are answered. */
import type { z } from 'zod';
import { locationSchema, offerReceivedMessage, syncMessage, emptySchema } from '../../contract/schemas.js';
import type { SocketError } from '../../contract/problems.js';
import type { TokenType } from '../../contract/words.js';
import { selectStats } from '../../database/statements/lists.js';
import { markReceived } from '../../database/statements/offers.js';
import type { DispatchContext } from '../../dispatch/context.js';
import { NotFoundError } from '../../dispatch/errors.js';
import { readAssignment, readBooking, readEvents } from '../../dispatch/reads.js';
import { ADMIN_ROOM } from '../../contract/rooms.js';
import type { Caller } from '../auth/caller.js';
import { fieldErrors } from '../http/validation.js';
import type { Positions } from '../pilots/positions.js';

export type Answer =
  { ok: true; [field: string]: unknown } | { ok: false; error: SocketError; detail: string };

/** What a message's handler may use. */
export interface MessageContext {
  dispatch: DispatchContext;
  positions: Positions;
  caller: Caller;
  join: (room: string) => void;
}

interface Message<S extends z.ZodType> {
  who: readonly TokenType[];
  schema: S;
  handle: (context: MessageContext, body: z.output<S>) => Promise<Answer>;
}

const message = <S extends z.ZodType>(
  who: readonly TokenType[],
  schema: S,
  handle: Message<S>['handle'],
): Message<z.ZodType> => ({ who, schema, handle: handle as Message<z.ZodType>['handle'] });

/** Every message by its event; the tests of access read it. */
export const MESSAGES: Readonly<Record<string, Message<z.ZodType>>> = {
  'booking:sync': message(['user', 'admin'], syncMessage, async ({ dispatch, caller }, body) => ({
    ok: true,
    booking: await readBooking(dispatch, body.bookingId, caller),
    assignment: await readAssignment(dispatch, body.bookingId, caller),
    events: await readEvents(dispatch, body.bookingId, caller, body.afterSeq),
  })),
  'pilot:location': message(['pilot'], locationSchema, async ({ positions, caller }, body) => {
    await positions.report(caller.id, body);
    return { ok: true };
  }),
  'offer:received': message(['pilot'], offerReceivedMessage, async ({ dispatch, caller }, body) => {
    if (!(await markReceived(dispatch.source.manager, body.offerId, caller.id)))
      throw new NotFoundError('no such offer');
    return { ok: true };
  }),
  'admin:subscribe_assignments': message(['admin'], emptySchema, async ({ dispatch, join }) => {
    join(ADMIN_ROOM);
    return { ok: true, stats: await selectStats(dispatch.source.manager) };
  }),
};

/** Answers one message; never throws for what a client sent. Throws when the database is away. */
export async function answerMessage(context: MessageContext, event: unknown, body: unknown): Promise<Answer> {
  const known = typeof event === 'string' && Object.hasOwn(MESSAGES, event) ? MESSAGES[event] : undefined;
  if (known === undefined) return { ok: false, error: 'unknown_event', detail: 'There is no such message.' };
  if (!known.who.includes(context.caller.type))
    return { ok: false, error: 'forbidden', detail: `A ${context.caller.type} may not send this.` };
  const parsed = known.schema.safeParse(body ?? {});
  if (!parsed.success) {
    const detail = fieldErrors(parsed.error.issues as never, 'message')
      .map((error) => `${error.field}: ${error.message}`)
      .join('; ');
    return { ok: false, error: 'invalid', detail };
  }
  try {
    return await known.handle(context, parsed.data);
  } catch (error) {
    if (error instanceof NotFoundError)
      return { ok: false, error: 'not_found', detail: 'There is nothing here for you.' };
    throw error;
  }
}
