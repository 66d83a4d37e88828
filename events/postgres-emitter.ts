import { encode } from '@msgpack/msgpack';
import { rows } from '../database/query.js';
import type { Emission, Emitter } from './emitter.js';

/** The channel of the default namespace, as the sockets' Postgres adapter listens to it. */
const CHANNEL = 'socket.io#/';
/** `pg_notify` takes 8,000 bytes and rolls the transaction back past that; a longer one is attached. */
const LONGEST_NOTIFICATION_BYTES = 7_500;

/** The adapter's message for a broadcast to one room (its MessageType.BROADCAST is 3). */
function broadcast(emission: Emission): object {
  return {
    uid: 'emitter',
    nsp: '/',
    type: 3,
    data: {
      packet: { type: 2, data: [emission.event, emission.payload], nsp: '/' },
      opts: { rooms: [emission.room], except: [], flags: {} },
    },
  };
}

/** Emits through Postgres' notifications: part of the transaction, sent at its commit or not at all. */
export function createPostgresEmitter(): Emitter {
  return {
    async beforeCommit(manager, emissions) {
      const short: string[] = [];
      const long: Buffer[] = [];
      for (const emission of emissions) {
        const message = broadcast(emission);
        const json = JSON.stringify(message);
        if (Buffer.byteLength(json) <= LONGEST_NOTIFICATION_BYTES) short.push(json);
        else long.push(Buffer.from(encode(message)));
      }
      const told: Promise<unknown>[] = [];
      if (short.length > 0)
        told.push(
          rows(manager, 'SELECT pg_notify($1, message) FROM unnest($2::text[]) AS message', [CHANNEL, short]),
        );
      for (const payload of long)
        told.push(
          rows(
            manager,
            `WITH attached AS (INSERT INTO socket_io_attachments (payload) VALUES ($2) RETURNING id)
             SELECT pg_notify($1, json_build_object('uid', 'emitter', 'type', 3, 'attachmentId', id)::text)
             FROM attached`,
            [CHANNEL, payload],
          ),
        );
      await Promise.all(told);
    },
    afterCommit: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}
