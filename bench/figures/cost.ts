/** What one booking costs at a steady rate, by process: the numbers that docs/scaling.md reckons with. */
import { Connection } from '@temporalio/client';
import type pg from 'pg';
import { workflowIdOf } from '../../contract/workflow.js';
import { absolute, type Bench, type Figure, type FigureGroup } from '../figure.js';
import { summary } from '../rounds.js';
import { hold, openStand, type Stand } from '../stand.js';
import { cpuSeconds } from '../usage.js';

const RATE = 10;
const WARM_UP_SECONDS = 10;
const ROUNDS = 5;
const SIZES = { whole: 20, quick: 8 } as const;
/** Histories looked at for their size. */
const HISTORIES = 20;

const PROCESSES = ['API', 'worker', 'Postgres', 'Temporal'] as const;
type Spent = Record<(typeof PROCESSES)[number] | 'WAL', number>;

export const COST: FigureGroup = {
  name: 'cost',
  async run(bench: Bench): Promise<Figure[]> {
    const seconds = SIZES[bench.quick ? 'quick' : 'whole'];
    const stand = await openStand(bench);
    try {
      await hold(stand, RATE, WARM_UP_SECONDS);
      const idle = await spentDuring(bench, stand, () => pause(seconds));
      const rounds: Spent[] = [];
      for (let round = 0; round < ROUNDS; round += 1) rounds.push(await costOf(bench, stand, seconds, idle));
      return [...figuresOf(rounds), ...idleFigures(idle), ...(await storedFigures(bench, stand))];
    } finally {
      await stand.close();
    }
  },
};

interface Taken {
  spent: Spent;
  seconds: number;
}

/** One round: what was spent on each booking, without what the processes spend when nobody books. */
async function costOf(bench: Bench, stand: Stand, seconds: number, idle: Taken): Promise<Spent> {
  let bookings = 0;
  const taken = await spentDuring(bench, stand, async () => {
    const held = await hold(stand, RATE, seconds);
    if (held.lost > 0) throw new Error(`${held.lost} bookings lost: ${held.firstLoss ?? ''}`);
    bookings = held.times.length;
  });
  return mapSpent(
    (name) => (taken.spent[name] - (idle.spent[name] * taken.seconds) / idle.seconds) / bookings,
  );
}

async function spentDuring(bench: Bench, stand: Stand, work: () => Promise<void>): Promise<Taken> {
  const startedAt = performance.now();
  const before = await spentSoFar(bench, stand);
  await work();
  const after = await spentSoFar(bench, stand);
  return {
    spent: mapSpent((name) => after[name] - before[name]),
    seconds: (performance.now() - startedAt) / 1000,
  };
}

async function spentSoFar({ ground }: Bench, { ours, pool }: Stand): Promise<Spent> {
  const wal = await one<{ bytes: string }>(pool, `SELECT pg_current_wal_lsn() - '0/0' AS bytes`);
  return {
    API: cpuSeconds(ours.api().pid),
    worker: cpuSeconds(ours.worker().pid),
    Postgres: cpuSeconds(ground.pids.postgres),
    Temporal: cpuSeconds(ground.pids.temporal),
    WAL: Number(wal.bytes),
  };
}

function mapSpent(value: (name: keyof Spent) => number): Spent {
  return Object.fromEntries([...PROCESSES, 'WAL' as const].map((name) => [name, value(name)])) as Spent;
}

function figuresOf(rounds: Spent[]): Figure[] {
  const cpu = PROCESSES.map((name) => {
    const values = rounds.map((round) => round[name] * 1000);
    return absolute({ figure: `cost of a booking: CPU, ${name}`, unit: 'ms', ...summary(values) }, null);
  });
  const wal = summary(rounds.map((round) => round.WAL / 1024));
  return [...cpu, absolute({ figure: 'cost of a booking: WAL of Postgres', unit: 'kB', ...wal }, null)];
}

/** With 240 sockets and no booking. */
function idleFigures({ spent, seconds }: Taken): Figure[] {
  return PROCESSES.map((name) =>
    absolute({ figure: `idle: CPU, ${name}`, unit: 'ms/s', value: (spent[name] * 1000) / seconds }, null),
  );
}

async function storedFigures(bench: Bench, { ours, pool }: Stand): Promise<Figure[]> {
  const ids = await pool.query<{ id: string }>(`SELECT id FROM bookings ORDER BY created_at DESC LIMIT $1`, [
    HISTORIES,
  ]);
  const connection = await Connection.connect({ address: bench.ground.temporalAddress });
  const sizes: number[] = [];
  for (const { id } of ids.rows) {
    const described = await connection.workflowService.describeWorkflowExecution({
      namespace: ours.namespace,
      execution: { workflowId: workflowIdOf(id) },
    });
    sizes.push(Number(described.workflowExecutionInfo?.historySizeBytes ?? NaN) / 1024);
  }
  await connection.close();
  const rows = await one<{ kb: number }>(
    pool,
    `SELECT sum(pg_total_relation_size(relid)) / 1024.0 / (SELECT count(*) FROM bookings) AS kb
     FROM pg_stat_user_tables WHERE relname IN ('bookings', 'searches', 'offers', 'booking_events')`,
  );
  const open = await one<{ count: string }>(
    pool,
    `SELECT count(*) FROM pg_stat_activity
     WHERE datname = current_database() AND application_name LIKE 'dispatch-%'`,
  );
  return [
    absolute({ figure: 'cost of a booking: history in Temporal', unit: 'kB', ...summary(sizes) }, null),
    absolute({ figure: 'cost of a booking: rows and indexes', unit: 'kB', value: Number(rows.kb) }, null),
    absolute(
      { figure: 'connections to Postgres, one API and one worker', unit: '', value: Number(open.count) },
      null,
    ),
  ];
}

async function one<T extends pg.QueryResultRow>(pool: pg.Pool, sql: string): Promise<T> {
  return (await pool.query<T>(sql)).rows[0] as T;
}

function pause(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}
