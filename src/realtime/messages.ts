/** What is done about each message that a client may send (`contract/client-messages.ts`). */
import {
  CLIENT_MESSAGES,
  type ClientMessageName,
  type MessageAnswer,
  type MessageBody,
  type Refusal,
} from '../../contract/client-messages.js';
import type { TokenType } from '../../contract/words.js';
import { selectStats } from '../../database/statements/lists.js';
import { markReceived } from '../../database/statements/offers.js';
import type { DispatchContext } from '../../dispatch/context.js';
import { NotFoundError } from '../../dispatch/errors.js';
import { readWhole } from '../../dispatch/reads.js';
import { ADMIN_ROOM } from '../../contract/rooms.js';
import type { Caller } from '../auth/caller.js';
import { fieldErrors } from '../http/validation.js';
import type { ReadAudit } from '../auth/read-audit.js';
import type { Positions } from '../pilots/positions.js';

export type Answer = MessageAnswer<ClientMessageName> | Refusal;

/** What a message's handler may use. */
export interface MessageContext {
  dispatch: DispatchContext;
  positions: Positions;
  audit: ReadAudit;
  caller: Caller;
  join: (room: string) => void;
  /** Runs `work` when few others of its kind run in this process. */
  inTurn: <T>(work: () => Promise<T>) => Promise<T>;
}

type Handler = (context: MessageContext, body: unknown) => Promise<Answer>;
type Handlers = {
  [E in ClientMessageName]: (context: MessageContext, body: MessageBody<E>) => Promise<MessageAnswer<E>>;
};

const HANDLERS: Handlers = {
  'booking:sync': ({ dispatch, audit, caller, inTurn }, { bookingId, afterSeq }) =>
    inTurn(async () => {
      const whole = await readWhole(dispatch, bookingId, caller, afterSeq);
      await audit.note(caller, 'read_booking', bookingId);
      return { ok: true, ...whole };
    }),
  'pilot:location': async ({ positions, caller }, body) => {
    await positions.report(caller.id, body);
    return { ok: true };
  },
  'offer:received': async ({ dispatch, caller }, body) => {
    if (!(await markReceived(dispatch.source.manager, body.offerId, caller.id)))
      throw new NotFoundError('no such offer');
    return { ok: true };
  },
  'admin:subscribe_assignments': async ({ dispatch, join }) => {
    join(ADMIN_ROOM);
    return { ok: true, stats: await selectStats(dispatch.source.manager) };
  },
};

/** Answers one message; never throws for what a client sent. Throws when the database is away. */
export async function answerMessage(context: MessageContext, event: unknown, body: unknown): Promise<Answer> {
  if (!isKnown(event)) return { ok: false, error: 'unknown_event', detail: 'There is no such message.' };
  const known = CLIENT_MESSAGES[event];
  if (!(known.who as readonly TokenType[]).includes(context.caller.type))
    return { ok: false, error: 'forbidden', detail: `A ${context.caller.type} may not send this.` };
  const parsed = known.schema.safeParse(body ?? {});
  if (!parsed.success) {
    const detail = fieldErrors(parsed.error.issues as never, 'message')
      .map((error) => `${error.field}: ${error.message}`)
      .join('; ');
    return { ok: false, error: 'invalid', detail };
  }
  try {
    return await (HANDLERS[event] as Handler)(context, parsed.data);
  } catch (error) {
    if (error instanceof NotFoundError)
      return { ok: false, error: 'not_found', detail: 'There is nothing here for you.' };
    throw error;
  }
}

/** Names that every object has are no messages. */
function isKnown(event: unknown): event is ClientMessageName {
  return typeof event === 'string' && Object.hasOwn(CLIENT_MESSAGES, event);
}
