/** Ten thousand sockets at one API process: how long an event takes to reach each, and what a socket weighs. */
import { userRoom } from '../../contract/rooms.js';
import { createDataSource } from '../../database/data-source.js';
import { createPostgresEmitter } from '../../events/postgres-emitter.js';
import { percentile } from '../../tools/simulate/statistics.js';
import { startOurs, type Ours } from '../contenders.js';
import { absolute, type Bench, type Figure, type FigureGroup } from '../figure.js';
import { COUNTED_ROUNDS, summary } from '../rounds.js';
import { SocketCrowd } from '../socket-crowd.js';
import { TIMED_EVENT, type TimedEvent } from '../sockets-driver.js';

const SIZES = { whole: 10_000, quick: 2_000 } as const;
/** Events a second, to a socket each: some hundred bookings a second cause as many. */
const EVENTS_A_SECOND = 1_000;
const SEND_EVERY_MS = 20;
/** As long as a real event. */
const FILLING = 'x'.repeat(400);
/** Memory is read when the handshakes' garbage had time to go. */
const SETTLE_MS = 5_000;

export const SOCKETS: FigureGroup = {
  name: 'sockets',
  async run(bench: Bench): Promise<Figure[]> {
    const count = SIZES[bench.quick ? 'quick' : 'whole'];
    const databaseUrl = await bench.ground.database();
    const ours = await startOurs(bench.ground, databaseUrl);
    try {
      return await measure(bench, ours, count);
    } finally {
      await ours.close();
    }
  },
};

async function measure(bench: Bench, ours: Ours, count: number): Promise<Figure[]> {
  // A handful first: code that is loaded once is no socket's weight.
  const few = await SocketCrowd.open(ours.url, bench.ground.jwtSecret, 200, ours.api().pid);
  few.close();
  await pause(SETTLE_MS);
  const emptyMb = ours.api().residentMb();
  const crowd = await SocketCrowd.open(ours.url, bench.ground.jwtSecret, count, ours.api().pid);
  const sender = await openSender(ours.databaseUrl);
  try {
    await pause(SETTLE_MS);
    const perSocketKb = ((ours.api().residentMb() - emptyMb) * 1024) / count;
    const p50: number[] = [];
    const p99: number[] = [];
    for (let round = 0; round <= COUNTED_ROUNDS; round += 1) {
      const delays = await roundOf(sender, crowd, round, EVENTS_A_SECOND);
      if (round === 0) continue;
      p50.push(percentile(delays, 0.5) ?? NaN);
      p99.push(percentile(delays, 0.99) ?? NaN);
    }
    const burst = await roundOf(sender, crowd, COUNTED_ROUNDS + 1, Infinity);
    const what = `${count} sockets, one event each, ${EVENTS_A_SECOND}/s: delivery`;
    return [
      absolute({ figure: `${what} p50`, unit: 'ms', ...summary(p50) }, null),
      absolute({ figure: `${what} p99`, unit: 'ms', ...summary(p99) }, { atMost: 250 }),
      absolute(
        {
          figure: `${count} sockets, one event each, all at once: the last is delivered after`,
          unit: 'ms',
          value: Math.max(...burst),
        },
        null,
      ),
      absolute(
        { figure: `${count} sockets: memory of the API per socket`, unit: 'kB', value: perSocketKb },
        null,
      ),
    ];
  } finally {
    crowd.close();
    await sender.close();
  }
}

interface Sender {
  send: (userIds: string[], event: TimedEvent) => Promise<void>;
  close: () => Promise<void>;
}

/** Sends as a worker does: by a notification at the commit, which the API's adapter hears. */
async function openSender(url: string): Promise<Sender> {
  const source = createDataSource({
    url,
    poolSize: 4,
    applicationName: 'bench-sender',
    onPoolError: () => undefined,
  });
  await source.initialize();
  const emitter = createPostgresEmitter();
  return {
    async send(userIds, event) {
      const payload = { ...event, filling: FILLING };
      const emissions = userIds.map((id) => ({ room: userRoom(id), event: TIMED_EVENT, payload }));
      await source.transaction((manager) => emitter.beforeCommit(manager, emissions));
    },
    close: () => source.destroy(),
  };
}

/** One event to each socket, so many a second; answers the times that all took. */
async function roundOf(
  sender: Sender,
  crowd: SocketCrowd,
  round: number,
  perSecond: number,
): Promise<number[]> {
  const atOnce = Math.min(crowd.userIds.length, (perSecond * SEND_EVERY_MS) / 1000);
  const sent: Promise<void>[] = [];
  let dueAt = performance.now();
  for (let from = 0; from < crowd.userIds.length; from += atOnce) {
    await pause(Math.max(0, dueAt - performance.now()));
    sent.push(sender.send(crowd.userIds.slice(from, from + atOnce), { round, sentAtMs: Date.now() }));
    dueAt += SEND_EVERY_MS;
  }
  await Promise.all(sent);
  return crowd.heard(round);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
