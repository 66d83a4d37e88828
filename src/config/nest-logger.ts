import type { LoggerService } from '@nestjs/common';
import type { Logger } from 'pino';

/** Nest's own log, in ours: its start-up chatter at debug. */
export function nestLogger(logger: Logger): LoggerService {
  const text = (message: unknown): string => (message instanceof Error ? message.message : String(message));
  const nameOf = (context: unknown): string => (typeof context === 'string' ? context : '');
  return {
    log: (message: unknown, context?: unknown) => logger.debug({ context: nameOf(context) }, text(message)),
    error: (message: unknown, ...rest: unknown[]) =>
      logger.error({ context: nameOf(rest.at(-1)) }, text(message)),
    warn: (message: unknown, context?: unknown) => logger.warn({ context: nameOf(context) }, text(message)),
  };
}
