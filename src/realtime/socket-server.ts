import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { createAdapter as createPostgresAdapter } from '@socket.io/postgres-adapter';
import { createAdapter as createRedisAdapter } from '@socket.io/redis-adapter';
import type { EventEmitter } from 'node:events';
import type { IncomingMessage, Server as HttpServer } from 'node:http';
import type { Logger } from 'pino';
import { Server } from 'socket.io';
import { BODY_LIMIT_BYTES } from '../../contract/limits.js';
import { ALL_BACK_AFTER_MS, SteadyRedis } from '../../events/steady-redis.js';
import { API_CONFIG, LOGGER } from '../config/providers.js';
import type { ApiConfig } from '../config/environment.js';
import { Positions } from '../pilots/positions.js';
import { Connections, refusal } from './connections.js';
import { ListeningPool } from './listening-pool.js';
import { Repair } from './repair.js';
import { SocketLimits } from './socket-limits.js';
import { StatsTicker } from './stats-ticker.js';

/** A frozen phone is noticed after both, 9 s at most; with the defaults it took 43. */
const PING_EVERY_MS = 5_000;
const PING_WAIT_MS = 4_000;
/** A request takes milliseconds; one that waits for a Postgres that is away ends by its own limits within this. */
const ANSWER_WITHIN_MS = 4_000;
/** Who says nothing is let go: an app sends its token in the moment the line is open. */
const CONNECT_WITHIN_MS = 10_000;

/** The sockets of this process, joined to those of all others through Postgres or Redis. */
@Injectable()
export class SocketServer implements BeforeApplicationShutdown, OnApplicationShutdown {
  private io: Server | undefined;
  private closeAdapter: () => Promise<void> = () => Promise.resolve();

  constructor(
    @Inject(API_CONFIG) private readonly config: ApiConfig,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly http: HttpAdapterHost,
    private readonly connections: Connections,
    private readonly limits: SocketLimits,
    private readonly positions: Positions,
    private readonly repair: Repair,
    private readonly stats: StatsTicker,
  ) {}

  /** Opens the sockets on the HTTP server; called once, before it listens. */
  open(): void {
    const server = this.http.httpAdapter.getHttpServer() as HttpServer;
    const io = new Server(server, {
      path: '/socket.io',
      pingInterval: PING_EVERY_MS,
      pingTimeout: PING_WAIT_MS,
      maxHttpBufferSize: BODY_LIMIT_BYTES,
      serveClient: false,
      cors: { origin: this.config.CORS_ORIGINS },
      connectTimeout: CONNECT_WITHIN_MS,
      allowRequest: (request, answer) =>
        answer(null, this.mayOpen(request) && !this.limits.addressIsFlooding(request)),
    });
    this.io = io;
    io.engine.on('connection', (connection: { request: IncomingMessage; once: EventEmitter['once'] }) =>
      this.limits.connected(connection.request, (then) => connection.once('close', then)),
    );
    io.adapter(
      this.config.REDIS_URL === undefined ? this.throughPostgres() : this.throughRedis(this.config.REDIS_URL),
    );
    io.use((socket, next) => {
      this.connections.authenticate(socket).then(
        (refused) => next(refused ?? undefined),
        () => next(refusal('unavailable')),
      );
    });
    io.on('connection', (socket) => this.connections.serve(socket));
    this.connections.watch(io);
    this.repair.through(io);
    this.stats.through(io);
    this.positions.tellThrough((room, payload) => io.to(room).emit('booking:pilot_location', payload));
  }

  /**
   * Stops listening and closes the sockets, and is done when the requests under way are answered. Nest then cuts
   * whatever is left. Only the connection is closed: a client that is told to disconnect (`disconnectSockets`)
   * would take it as final, and not come back by itself.
   */
  async beforeApplicationShutdown(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const longEnough = new Promise((resolve) => (timer = setTimeout(resolve, ANSWER_WITHIN_MS)));
    await Promise.race([this.io?.close(), longEnough]);
    clearTimeout(timer);
  }

  onApplicationShutdown(): Promise<void> {
    return this.closeAdapter();
  }

  /** Browsers name their origin, apps do not: ours, or one of the list. */
  private mayOpen(request: IncomingMessage): boolean {
    const { origin, host } = request.headers;
    if (origin === undefined || this.config.CORS_ORIGINS.includes(origin)) return true;
    return URL.canParse(origin) && new URL(origin).host === host;
  }

  private throughPostgres(): ReturnType<typeof createPostgresAdapter> {
    const pool = new ListeningPool(this.config.DATABASE_URL, this.logger, (awayMs) =>
      this.repair.missed(awayMs),
    );
    this.closeAdapter = () => pool.end();
    return createPostgresAdapter(pool, {
      errorHandler: (error) => this.logger.warn({ err: error.message }, 'socket adapter'),
    });
  }

  private throughRedis(url: string): ReturnType<typeof createRedisAdapter> {
    const onError = (error: Error): void => this.logger.warn({ err: error.message }, 'redis connection lost');
    // A position that waited for Redis is an old one.
    const publish = new SteadyRedis(url, { enableOfflineQueue: false }, onError);
    // To listen is worth any wait: without a limit, also for a Redis that comes later than this process.
    const subscribe = new SteadyRedis(url, { maxRetriesPerRequest: null }, onError);
    let lostAt: number | null = null;
    subscribe.on('close', () => {
      lostAt ??= performance.now();
    });
    subscribe.on('ready', () => {
      if (lostAt === null) return;
      const since = lostAt;
      lostAt = null;
      // Who sends may be back a little later than who listens: what got lost meanwhile is told again, too.
      setTimeout(() => this.repair.missed(performance.now() - since), ALL_BACK_AFTER_MS).unref();
    });
    this.closeAdapter = () => {
      publish.disconnect();
      subscribe.disconnect();
      return Promise.resolve();
    };
    return createRedisAdapter(publish, subscribe);
  }
}
