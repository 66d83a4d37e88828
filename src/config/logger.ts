import { pino, type Logger } from 'pino';
import type { DispatchContext } from '../../dispatch/context.js';

/** One JSON line for each entry; `name` says which process wrote it, `mixin` adds fields to each. */
export function createLogger(name: string, level: string, mixin?: () => object): Logger {
  const timestamp = pino.stdTimeFunctions.isoTime;
  return pino({ name, level, timestamp, ...(mixin === undefined ? {} : { mixin }) });
}

/** The log of dispatch: the point of a booking's life is the message, its ids are fields. */
export function dispatchLog(logger: Logger): DispatchContext['log'] {
  return (point, fields) => logger.info(fields, point);
}
