/** What API and worker ask of Postgres and Temporal while something is done: counted on the lines between them. */
import { callsOf } from './grpc-calls.js';
import { Tap } from './taps.js';
import { transactionsOf, type Transaction } from './transactions.js';

/** What the issue allows one booking with one accept. */
export const BUDGET_OF_A_BOOKING = {
  events: 20,
  eventsPerFurtherOffer: 8,
  commits: 12,
  notifyingCommits: 5,
  temporalCalls: 20,
} as const;

export interface Count {
  transactions: Transaction[];
  temporalCalls: number;
}

export interface Counted {
  /** Where API and worker are to find Postgres and Temporal, so that it is counted. */
  databaseUrl: string;
  temporalAddress: string;
  /** What was asked since this was called last. */
  take: () => Count;
  close: () => Promise<void>;
}

/** Opens the taps. */
export async function countCalls(databaseUrl: string, temporalAddress: string): Promise<Counted> {
  let transactions: Transaction[] = [];
  let temporalCalls = 0;
  const database = new URL(databaseUrl);
  const [host = '', port = ''] = temporalAddress.split(':');
  const postgres = await Tap.open({ host: database.hostname, port: Number(database.port) }, () =>
    transactionsOf((transaction) => transactions.push(transaction)),
  );
  const temporal = await Tap.open({ host, port: Number(port) }, () =>
    callsOf(() => {
      temporalCalls += 1;
    }),
  );
  database.hostname = '127.0.0.1';
  database.port = String(postgres.port);
  return {
    databaseUrl: database.href,
    temporalAddress: `127.0.0.1:${temporal.port}`,
    take() {
      const count = { transactions, temporalCalls };
      transactions = [];
      temporalCalls = 0;
      return count;
    },
    close: async () => {
      await Promise.all([postgres.close(), temporal.close()]);
    },
  };
}

/** What is asked over and over whether somebody books or not: leases, looks, presence. Counted by its text while idle. */
export function withoutIdle(
  transactions: readonly Transaction[],
  idle: readonly Transaction[],
): Transaction[] {
  const known = new Set(idle.map(textOf));
  return transactions.filter((one) => !known.has(textOf(one)));
}

function textOf({ statements }: Transaction): string {
  return statements.join('\n');
}

export interface BookingBudget {
  commits: number;
  writingCommits: number;
  notifyingCommits: number;
  temporalCalls: number;
}

/**
 * Averages for one of so many bookings: of transactions, those that are not there while nobody books; of calls to
 * Temporal all, the worker's polls included. Pure.
 */
export function perBooking(busy: Count, idle: Count, bookings: number): BookingBudget {
  const own = withoutIdle(busy.transactions, idle.transactions);
  const average = (count: number): number => count / bookings;
  return {
    commits: average(own.length),
    writingCommits: average(own.filter((one) => one.writes).length),
    notifyingCommits: average(own.filter((one) => one.notifies).length),
    temporalCalls: average(busy.temporalCalls),
  };
}
