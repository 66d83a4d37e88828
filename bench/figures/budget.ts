/** What one booking with one accept asks of Postgres and Temporal, counted on the lines between them. */
import { Connection } from '@temporalio/client';
import pg from 'pg';
import { workflowIdOf } from '../../contract/workflow.js';
import { BUDGET_OF_A_BOOKING as BUDGET, countCalls, perBooking, type BookingBudget } from '../budget.js';
import { fillCity, onlinePilots } from '../city.js';
import { startOurs, type Ours } from '../contenders.js';
import { Crowd } from '../crowd.js';
import { absolute, type Bench, type Figure, type FigureGroup } from '../figure.js';
import { COUNTED_ROUNDS, summary } from '../rounds.js';

const SIDE_KM = 6;
const PILOTS = 200;
const BOOKINGS = { whole: 20, quick: 8 } as const;
/** All that happens by itself happens at least once in this time. */
const IDLE_MS = 6_000;
/** Delivered lines leave the outbox within a look of the relay; the accept's signal is long handled then. */
const SETTLE_MS = 1_000;

export const BUDGET_OF_ONE: FigureGroup = {
  name: 'budget',
  async run(bench: Bench): Promise<Figure[]> {
    const databaseUrl = await bench.ground.database();
    await fillCity(databaseUrl, { pilots: PILOTS, sideKm: SIDE_KM });
    const counted = await countCalls(databaseUrl, bench.ground.temporalAddress);
    const env = { DATABASE_URL: counted.databaseUrl, TEMPORAL_ADDRESS: counted.temporalAddress };
    const ours = await startOurs(bench.ground, databaseUrl, { env });
    const crowd = await Crowd.gather({
      url: ours.url,
      secret: bench.ground.jwtSecret,
      pilotIds: await onlinePilots(databaseUrl, PILOTS),
      users: 20,
      sideKm: SIDE_KM,
    });
    try {
      const bookings = BOOKINGS[bench.quick ? 'quick' : 'whole'];
      const rounds: BookingBudget[] = [];
      for (let round = 0; round <= COUNTED_ROUNDS; round += 1) {
        counted.take();
        await pause(IDLE_MS);
        const idle = counted.take();
        for (let one = 0; one < bookings; one += 1) await crowd.bookOnce();
        await pause(SETTLE_MS);
        const budget = perBooking(counted.take(), idle, bookings);
        if (round > 0) rounds.push(budget);
      }
      return [...figuresOf(rounds), await eventsFigure(bench, ours)];
    } finally {
      crowd.close();
      await ours.close();
      await counted.close();
    }
  },
};

function figuresOf(rounds: BookingBudget[]): Figure[] {
  const figure = (name: string, value: (one: BookingBudget) => number) => ({
    figure: `a booking with one accept: ${name}`,
    unit: '',
    ...summary(rounds.map(value)),
  });
  return [
    absolute(
      figure('commits, reads included', (one) => one.commits),
      { atMost: BUDGET.commits },
    ),
    absolute(
      figure('commits that write', (one) => one.writingCommits),
      { atMost: BUDGET.commits },
    ),
    absolute(
      figure('commits that notify', (one) => one.notifyingCommits),
      {
        atMost: BUDGET.notifyingCommits,
      },
    ),
    absolute(
      figure('calls to Temporal, polls included', (one) => one.temporalCalls),
      {
        atMost: BUDGET.temporalCalls,
      },
    ),
  ];
}

async function eventsFigure(bench: Bench, { databaseUrl, namespace }: Ours): Promise<Figure> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  const { rows } = await client.query<{ id: string }>('SELECT id FROM bookings LIMIT 20');
  await client.end();
  const connection = await Connection.connect({ address: bench.ground.temporalAddress });
  const lengths: number[] = [];
  for (const { id } of rows) {
    const execution = { workflowId: workflowIdOf(id) };
    const described = await connection.workflowService.describeWorkflowExecution({ namespace, execution });
    lengths.push(Number(described.workflowExecutionInfo?.historyLength));
  }
  await connection.close();
  return absolute(
    { figure: 'a booking with one accept: history events', unit: '', ...summary(lengths) },
    { atMost: BUDGET.events },
  );
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
