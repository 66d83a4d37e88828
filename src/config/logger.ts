import { pino, type Logger } from 'pino';
import type { DispatchContext } from '../../dispatch/context.js';

/** One JSON line for each entry; `name` says which process wrote it. */
export function createLogger(name: string, level: string): Logger {
  return pino({ name, level, timestamp: pino.stdTimeFunctions.isoTime });
}

/** The log of dispatch: the point of a booking's life is the message, its ids are fields. */
export function dispatchLog(logger: Logger): DispatchContext['log'] {
  return (point, fields) => logger.info(fields, point);
}
