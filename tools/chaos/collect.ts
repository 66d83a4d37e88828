/** Reads what a run has left behind: the tables, and every history, each replayed. */
import pg from 'pg';
import { historyToJSON, type History } from '@temporalio/common/lib/proto-utils.js';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { WORKFLOW_ID_PREFIX } from '../../contract/workflow.js';
import { fromRoot } from '../setup/paths.js';
import type {
  BookingFact,
  EventFact,
  Evidence,
  KeyFact,
  OfferFact,
  RunFact,
  SearchFact,
} from './evidence.js';
import type { RunFacts } from './temporal.js';

/** Microseconds since 1970, exact in a double. */
const us = (column: string): string => `(extract(epoch FROM ${column}) * 1000000)::float8`;

const BOOKINGS = `SELECT id, status, pilot_id AS "pilotId", search_no AS "searchNo", event_seq AS "eventSeq" FROM bookings`;
const OFFERS = `SELECT id, booking_id AS "bookingId", pilot_id AS "pilotId", search_no AS "searchNo", number, status,
  ${us('offered_at')} AS "offeredAtUs", ${us('expires_at')} AS "expiresAtUs", ${us('accepted_at')} AS "acceptedAtUs",
  ${us('ended_at')} AS "endedAtUs", end_reason AS "endReason" FROM offers`;
const SEARCHES = `SELECT booking_id AS "bookingId", search_no AS "searchNo", outcome, ${us('created_at')} AS "createdAtUs",
  ${us('started_at')} AS "startedAtUs", ${us('ends_at')} AS "endsAtUs", ${us('ended_at')} AS "endedAtUs" FROM searches`;
const EVENTS = `SELECT booking_id AS "bookingId", seq, event, payload FROM booking_events`;
const KEYS = `SELECT key, booking_id AS "bookingId" FROM idempotency_keys`;

type Rows = Pick<Evidence, 'bookings' | 'offers' | 'searches' | 'events' | 'keys' | 'outbox'>;

/** Every row that is judged. */
export async function readRows(client: pg.Client): Promise<Rows> {
  const rows = async <T>(sql: string): Promise<T[]> => (await client.query(sql)).rows as T[];
  return {
    bookings: await rows<BookingFact>(BOOKINGS),
    offers: await rows<OfferFact>(OFFERS),
    searches: await rows<SearchFact>(SEARCHES),
    events: await rows<EventFact>(EVENTS),
    keys: await rows<KeyFact>(KEYS),
    outbox: await countOutbox(client),
  };
}

export async function countOutbox(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ count: number }>('SELECT count(*)::int AS count FROM outbox');
  return rows[0]?.count ?? 0;
}

/** Replays each history with the bundle that the workers ran. */
export async function replayAll(runs: readonly RunFacts[]): Promise<RunFact[]> {
  Runtime.install({
    // What a replay finds is in its result.
    logger: new DefaultLogger('ERROR', () => undefined),
    shutdownSignals: [],
    telemetryOptions: { logging: { filter: 'ERROR', forward: {} } },
  });
  const found = new Map<string, string | null>();
  const results = Worker.runReplayHistories(
    {
      workflowBundle: { codePath: fromRoot('dist/workflow-bundle.js') },
      dataConverter: {
        payloadConverterPath: fromRoot('dist/workflows/tolerant-payload-converter.js'),
      },
    },
    runs.map(({ workflowId, history }) => ({ workflowId, history })),
  );
  for await (const { runId, error } of results) found.set(runId, error?.message.slice(0, 400) ?? null);
  return runs.map((run) => ({
    bookingId: run.workflowId.slice(WORKFLOW_ID_PREFIX.length),
    runId: run.runId,
    status: run.status,
    startedAtMs: run.startedAtMs,
    result: resultOf(run.history),
    replayError: found.has(run.runId) ? (found.get(run.runId) ?? null) : 'it was not replayed',
  }));
}

/** The status that a completed run answered with; null for any other. */
export function resultOf(history: History): string | null {
  const { events = [] } = JSON.parse(historyToJSON(history)) as {
    events?: {
      workflowExecutionCompletedEventAttributes?: { result?: { payloads?: { data: string }[] } };
    }[];
  };
  const data = events.at(-1)?.workflowExecutionCompletedEventAttributes?.result?.payloads?.[0]?.data;
  if (data === undefined) return null;
  const { status } = JSON.parse(Buffer.from(data, 'base64').toString()) as { status?: string };
  return status ?? null;
}
