/**
 * A process full of pilots who move and say so, each through a socket of his own. `GET /run?rate=&seconds=` has them
 * send so many positions a second in turn and answers how many were acknowledged, and after how long.
 */
import { createServer } from 'node:http';
import type { Socket } from 'socket.io-client';
import { percentile } from '../../tools/simulate/statistics.js';
import { somewhere, tokenOf } from '../city.js';
import { connect } from '../doors.js';

/** What one run came to. */
export interface Moved {
  acknowledged: number;
  refused: number;
  seconds: number;
  ackP50: number;
  ackP99: number;
}

interface MovingPilot {
  socket: Socket;
  lat: number;
  lng: number;
}

const TICK_MS = 10;
/** About 30 m: what a pilot in traffic rides in a few seconds. */
const STEP_DEGREES = 0.0003;
/** With so many unanswered the API is behind: sending more would measure the queue. */
const UNANSWERED_AT_MOST = 2_000;

function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
}

async function gather(): Promise<MovingPilot[]> {
  const pilots: MovingPilot[] = [];
  for (const id of setting('PILOT_IDS').split(',')) {
    const socket = await connect(setting('API_URL'), await tokenOf(setting('JWT_SECRET'), 'pilot', id));
    pilots.push({ socket, ...somewhere(Number(setting('SIDE_KM'))) });
  }
  return pilots;
}

/** Sends `rate` positions a second for so many seconds; answers when all are answered. */
async function move(pilots: MovingPilot[], rate: number, seconds: number): Promise<Moved> {
  const tookMs: number[] = [];
  let refused = 0;
  let unanswered = 0;
  const startedAt = performance.now();
  const send = async (pilot: MovingPilot): Promise<void> => {
    pilot.lat += (Math.random() - 0.5) * STEP_DEGREES;
    pilot.lng += (Math.random() - 0.5) * STEP_DEGREES;
    const sentAt = performance.now();
    unanswered += 1;
    const answer = (await pilot.socket.emitWithAck('pilot:location', {
      lat: pilot.lat,
      lng: pilot.lng,
    })) as { ok: boolean };
    unanswered -= 1;
    if (answer.ok) tookMs.push(performance.now() - sentAt);
    else refused += 1;
  };
  const sending: Promise<void>[] = [];
  for (let sent = 0; performance.now() - startedAt < seconds * 1000;) {
    const due = ((performance.now() - startedAt) / 1000) * rate;
    for (; sent < due; sent += 1)
      if (unanswered < UNANSWERED_AT_MOST) sending.push(send(pilots[sent % pilots.length] as MovingPilot));
    await new Promise((resolve) => setTimeout(resolve, TICK_MS));
  }
  await Promise.all(sending);
  return {
    acknowledged: tookMs.length,
    refused,
    seconds: (performance.now() - startedAt) / 1000,
    ackP50: percentile(tookMs, 0.5) ?? NaN,
    ackP99: percentile(tookMs, 0.99) ?? NaN,
  };
}

const pilots = await gather();
const server = createServer((request, response) => {
  const { searchParams } = new URL(request.url ?? '/', 'http://localhost');
  move(pilots, Number(searchParams.get('rate')), Number(searchParams.get('seconds'))).then(
    (moved) => response.setHeader('content-type', 'application/json').end(JSON.stringify(moved)),
    (error: unknown) => response.writeHead(500).end(String(error)),
  );
});
server.listen(Number(setting('PORT')), '127.0.0.1', () => process.stdout.write('driver ready\n'));
process.once('SIGTERM', () => {
  for (const { socket } of pilots) socket.close();
  server.close();
});
