import type { LoggerService } from '@nestjs/common';
import type { Logger } from 'pino';

/** Nest's own log, in ours: its start-up chatter at debug. */
export function nestLogger(logger: Logger): LoggerService {
  const text = (message: unknown): string => (message instanceof Error ? message.message : String(message));
  return {
    log: (message: unknown, context?: unknown) =>
      logger.debug({ context: String(context ?? '') }, text(message)),
    error: (message: unknown, ...rest: unknown[]) =>
      logger.error({ context: String(rest.at(-1) ?? '') }, text(message)),
    warn: (message: unknown, context?: unknown) =>
      logger.warn({ context: String(context ?? '') }, text(message)),
  };
}
