/** Every socket message that a client may send: who may, what it takes, what it is acknowledged with. */
import { z } from 'zod';
import { CONNECT_ERRORS, SOCKET_ERRORS } from './problems.js';
import { emptySchema, locationSchema, offerReceivedMessage, syncMessage } from './schemas.js';
import { assignmentShape, bookingShape, eventShape, statsShape, userLiveShapes } from './shapes.js';
import type { TokenType } from './words.js';

const ok = z.literal(true);

/** A message was taken; there is nothing else to say. */
export const takenShape = z.object({ ok }).meta({ id: 'Taken' });

export const syncAnswerShape = z
  .object({
    ok,
    booking: bookingShape,
    assignment: assignmentShape,
    events: z.array(eventShape),
    /** Where the pilot was last, during a job only: a page that is opened anew shows him at once. */
    location: userLiveShapes['booking:pilot_location'].nullable(),
  })
  .meta({
    id: 'SyncAnswer',
    description: 'How a booking stands, and its events after `afterSeq` in their order, at most 1,000',
  });

export const subscribeAnswerShape = z.object({ ok, stats: statsShape }).meta({ id: 'SubscribeAnswer' });

/** A message was refused, and changed nothing. */
export const refusalShape = z
  .object({ ok: z.literal(false), error: z.enum(SOCKET_ERRORS), detail: z.string() })
  .meta({ id: 'Refusal', description: '`error` is for the app, `detail` for the log' });
export type Refusal = z.infer<typeof refusalShape>;

export interface ClientMessage {
  who: readonly TokenType[];
  summary: string;
  schema: z.ZodType;
  /** The acknowledgement when it was taken; else it is a `Refusal`. */
  answer: z.ZodType<{ ok: true }>;
}

/** By the name of the event. */
export const CLIENT_MESSAGES = {
  'booking:sync': {
    who: ['user', 'admin'],
    summary: 'Asks how a booking stands, and for its events after a number',
    schema: syncMessage,
    answer: syncAnswerShape,
  },
  'pilot:location': {
    who: ['pilot'],
    summary: 'Reports the position; acknowledged once every later search sees it',
    schema: locationSchema,
    answer: takenShape,
  },
  'offer:received': {
    who: ['pilot'],
    summary: 'Says that the app showed the offer; again is fine',
    schema: offerReceivedMessage,
    answer: takenShape,
  },
  'admin:subscribe_assignments': {
    who: ['admin'],
    summary: 'Joins the operators who watch; needed anew after every connect',
    schema: emptySchema,
    answer: subscribeAnswerShape,
  },
} as const satisfies Record<string, ClientMessage>;

export type ClientMessageName = keyof typeof CLIENT_MESSAGES;
/** What a message holds once it is validated. */
export type MessageBody<E extends ClientMessageName> = z.output<(typeof CLIENT_MESSAGES)[E]['schema']>;
/** What a message is acknowledged with when it was taken. */
export type MessageAnswer<E extends ClientMessageName> = z.infer<(typeof CLIENT_MESSAGES)[E]['answer']>;

/** The handshake: `auth` of the client, and what `connect_error` says when the server refuses. */
export const connectSchema = z
  .strictObject({ token: z.string() })
  .meta({ id: 'Connect', description: '`auth` of the Socket.IO client' });
export const connectErrorShape = z
  .object({ message: z.enum(CONNECT_ERRORS) })
  .meta({ id: 'ConnectError', description: 'Comes as `connect_error`; there is no connection' });
