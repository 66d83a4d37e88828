import type { Server as HttpServer } from 'node:http';
import { join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import express, { type NextFunction, type Request, type Response } from 'express';
import helmet from 'helmet';
import { BODY_LIMIT_BYTES } from '../contract/limits.js';
import { AppModule, type ApiParts } from './app.module.js';
import { ConfigurationError } from './config/environment.js';
import { nestLogger } from './config/nest-logger.js';
import { packageFile } from './docs/package-file.js';
import { serveDocs } from './docs/serve-docs.js';
import { counting } from './health/decision-metrics.js';
import { HealthService } from './health/health.service.js';
import { Metrics } from './health/metrics.js';
import { noteArrival } from './http/arrival.js';
import { corsByRoute } from './http/cors.js';
import { refuseOtherBodies } from './http/other-bodies.js';
import { answerUnreadable } from './http/unreadable.js';
import { servePages } from './pages/serve-pages.js';
import { SocketServer } from './realtime/socket-server.js';
import { traceRequests } from './tracing/doors.js';

/** Makes the API of the given parts; it does not listen yet. The parts stay the caller's to close. */
export async function createApi(parts: ApiParts): Promise<NestExpressApplication> {
  const app = await NestFactory.create<NestExpressApplication>(AppModule.of(parts), {
    logger: nestLogger(parts.logger),
    bodyParser: false,
    forceCloseConnections: true,
  });
  app.use(noteArrival);
  app.use(closeWhileLeaving(app.get(HealthService)));
  if (parts.tracing !== undefined) app.use(traceRequests(parts.tracing));
  // Upgrading would leave the pages blank on plain HTTP; TLS is the proxy's, and so is its redirect.
  app.use(helmet({ contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } } }));
  const metrics = app.get(Metrics);
  parts.dispatch.log = counting(parts.dispatch.log, metrics.decisions);
  app.use(measure(metrics));
  app.use(
    servePages({
      folder: parts.pagesFolder ?? join(packageFile().root, 'dist', 'web'),
      mapTilesUrl: parts.config.MAP_TILES_URL,
      onMissing: (folder) => parts.logger.warn({ folder }, 'there are no pages: `npm run build` makes them'),
    }),
  );
  // Before bodies are read: a browser's app may know why its body was refused.
  app.enableCors(corsByRoute(parts.config));
  app.use(express.json({ limit: BODY_LIMIT_BYTES, strict: true }));
  app.use(refuseOtherBodies);
  serveDocs(app);
  trustProxy(app, parts.config.TRUST_PROXY);
  app.get(SocketServer).open();
  outlastBalancers(app.getHttpServer() as HttpServer);
  answerUnreadable(app.getHttpServer() as HttpServer);
  return app;
}

/**
 * Balancers keep connections for a minute (nginx, AWS). Were ours given up first, as by Node's 5 s, a request that is
 * sent in that moment would be lost.
 */
const KEEP_CONNECTIONS_MS = 65_000;

function outlastBalancers(server: HttpServer): void {
  server.keepAliveTimeout = KEEP_CONNECTIONS_MS;
}

/** A number of hops, or names of addresses as Express takes them; nobody is believed by default. */
function trustProxy(app: NestExpressApplication, proxy: string | undefined): void {
  if (proxy === undefined) return;
  try {
    app.set('trust proxy', /^\d+$/.test(proxy) ? Number(proxy) : proxy);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ConfigurationError(`TRUST_PROXY: ${why}; allowed are a number of hops, addresses, or loopback`);
  }
}

/** A connection that is kept for the next request would be cut in the middle of it: each is told that it was the last. */
function closeWhileLeaving(health: HealthService) {
  return (_request: Request, response: Response, next: NextFunction): void => {
    if (health.isLeaving) response.setHeader('Connection', 'close');
    next();
  };
}

function measure(metrics: Metrics) {
  return (request: Request, response: Response, next: NextFunction): void => {
    const stop = metrics.requests.startTimer({ method: request.method });
    response.once('finish', () => {
      // The route's pattern, never the address: ids make endless labels.
      const route = (request.route as { path?: string } | undefined)?.path ?? 'none';
      stop({ route, status: String(response.statusCode) });
    });
    next();
  };
}
