import { Emitter as SocketEmitter } from '@socket.io/redis-emitter';
import type { Emitter } from './emitter.js';
import { SteadyRedis } from './steady-redis.js';

/**
 * Emits through Redis right after the commit. While Redis is away messages are dropped, not queued: the
 * rows are the truth, and a client that missed something asks for it.
 */
export function createRedisEmitter(url: string, onError: (error: Error) => void): Emitter {
  const redis = new SteadyRedis(url, { enableOfflineQueue: false, maxRetriesPerRequest: 1 }, onError);
  const sockets = new SocketEmitter(redis);
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
