import { Emitter as SocketEmitter } from '@socket.io/redis-emitter';
import { Redis } from 'ioredis';
import type { Emitter } from './emitter.js';

/**
 * Emits through Redis right after the commit. While Redis is away messages are dropped, not queued: the
 * rows are the truth, and a client that missed something asks for it.
 */
export function createRedisEmitter(url: string, onError: (error: Error) => void): Emitter {
  const redis = new Redis(url, { enableOfflineQueue: false, maxRetriesPerRequest: 1 });
  redis.on('error', onError);
  // The emitter does not look at what its client answers: a refused publish must not end the process.
  const sockets = new SocketEmitter({
    publish: (channel: string, message: string | Buffer) => {
      redis.publish(channel, message).catch(onError);
    },
  });
  return {
    beforeCommit: () => Promise.resolve(),
    afterCommit(emissions) {
      for (const { room, event, payload } of emissions) sockets.to(room).emit(event, payload);
      return Promise.resolve();
    },
    async close() {
      redis.disconnect();
      await Promise.resolve();
    },
  };
}
