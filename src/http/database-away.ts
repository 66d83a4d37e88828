import { sqlState } from '../../dispatch/context.js';

/** Codes of sockets and of Postgres' classes 08 (connection), 53 (resources), 57 (operator, timeouts). */
const AWAY = /^(ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENOTFOUND|EAI_AGAIN|08|53|57|55P03|25P03)/;
/** TypeORM gives up the connection of a transaction when it is lost; what the transaction asks next says only that. */
const AWAY_MESSAGES =
  /query runner (was )?already released|connection terminated|timeout exceeded when trying to connect|not queryable|query read timeout|driver not connected|not currently accepting connections/i;

/** True when an error says that Postgres is away, starting, or overloaded: worth another try soon. */
export function databaseIsAway(error: unknown): boolean {
  const code = sqlState(error);
  if (code !== undefined && AWAY.test(code)) return true;
  return error instanceof Error && AWAY_MESSAGES.test(error.message);
}
