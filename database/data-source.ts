import { DataSource } from 'typeorm';
import { Booking } from './entities/booking.js';
import { VehicleType } from './entities/vehicle-type.js';
import { Pilot } from './entities/pilot.js';
import { PilotPosition } from './entities/pilot-position.js';
import { PilotPresence } from './entities/pilot-presence.js';
import { Search } from './entities/search.js';
import { SearchStep } from './entities/search-step.js';
import { Offer } from './entities/offer.js';
import * as records from './entities/records.js';
import { FirstTables1763856000000 } from './migrations/1763856000000-first-tables.js';
import { SteadyClient } from './steady-client.js';
import { SearchesNotBegun1764028800000 } from './migrations/1764028800000-searches-not-begun.js';
import { EventsByTime1763942400000 } from './migrations/1763942400000-events-by-time.js';
import { StepsAndPauses1764028805000 } from './migrations/1764028805000-steps-and-pauses.js';
import { ListedPositions1764028810000 } from './migrations/1764028810000-listed-positions.js';
import { LeasesBegunAnew1764115200000 } from './migrations/1764115200000-leases-begun-anew.js';

export interface DatabaseOptions {
  url: string;
  /** Connections of this process at most. */
  poolSize: number;
  /** Shown in pg_stat_activity. */
  applicationName: string;
  /** Called when an idle connection breaks; without a listener that ends the process. */
  onPoolError: (error: Error) => void;
  /** False for migrations, which may take longer than any statement of the running system; or others, milliseconds. */
  timeouts?: false | Partial<typeof TIMEOUTS>;
  /**
   * For a process whose every statement is asked again and again, as a worker's are: each is planned once on a connection,
   * for all parameters. Without it Postgres plans the first five runs of each anew, which for a claim takes longer than
   * the claim. Not for an API, whose lists need a plan for what was asked.
   */
  plannedOnce?: boolean;
  /** Further startup parameters, such as a test's search_path. */
  startupOptions?: string;
}

/** A claim or a tap takes milliseconds; these only end what is stuck, before callers give up at 3 s. */
const TIMEOUTS = {
  statement_timeout: 2_500,
  // A half-open connection answers nothing, not even that: our own end of waiting, a little later.
  query_timeout: 2_700,
  lock_timeout: 2_000,
  idle_in_transaction_session_timeout: 5_000,
};

/**
 * The planner takes any box on the map for a thousandth of all pilots. With bitmap scans it then reads and sorts
 * everybody in the box to find the nearest one: 64 ms among 10,000, against 0.6 ms by the index in its own order.
 */
const NEAREST_FIRST = '-c enable_bitmapscan=off';
const PLANNED_ONCE = '-c plan_cache_mode=force_generic_plan';

/**
 * Connections are kept: a new one is a process of Postgres, a password checked 4,096 times over and every statement planned
 * anew, and would come with the very burst that needs it. Whether the other side still lives is asked after this silence.
 */
const KEPT = { idleTimeoutMillis: 0, keepAlive: true, keepAliveInitialDelayMillis: 10_000 };

/**
 * The tables of the dispatcher, not yet connected. Statement, lock and idle-in-transaction timeouts
 * are short: every statement here takes milliseconds, and a stuck one must not hold a booking's lock.
 */
export function createDataSource(options: DatabaseOptions): DataSource {
  return new DataSource({
    type: 'postgres',
    url: options.url,
    entities: [
      Booking,
      VehicleType,
      Pilot,
      PilotPosition,
      PilotPresence,
      Search,
      SearchStep,
      Offer,
      ...Object.values(records),
    ],
    migrations: [
      FirstTables1763856000000,
      EventsByTime1763942400000,
      SearchesNotBegun1764028800000,
      StepsAndPauses1764028805000,
      ListedPositions1764028810000,
      LeasesBegunAnew1764115200000,
    ],
    migrationsTransactionMode: 'each',
    uuidExtension: 'pgcrypto',
    applicationName: options.applicationName,
    poolSize: options.poolSize,
    poolErrorHandler: options.onPoolError,
    extra: {
      Client: SteadyClient,
      // Statements that do not wait for one another's answers travel together (`transaction`).
      pipeline: true,
      ...(options.timeouts === false ? {} : { ...TIMEOUTS, ...options.timeouts }),
      connectionTimeoutMillis: 2_500,
      ...KEPT,
      options: [NEAREST_FIRST, options.plannedOnce === true ? PLANNED_ONCE : '', options.startupOptions ?? '']
        .join(' ')
        .trim(),
    },
  });
}

/** Statements of this process that wait for one of its connections. */
export function waitingForConnection(source: DataSource): number {
  const { master } = source.driver as { master?: { waitingCount?: number } };
  return master?.waitingCount ?? 0;
}
