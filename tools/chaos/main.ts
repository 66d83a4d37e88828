/** `npm run chaos`: reads the arguments, breaks a system of its own, prints the table. */
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fromRoot } from '../setup/paths.js';
import { BadArgumentsError } from '../simulate/arguments.js';
import { parsePlaces } from '../simulate/demand.js';
import type { Done } from './faults.js';
import { readOptions, usage, type ChaosOptions } from './options.js';
import { render, type ChaosReport } from './report.js';
import { runChaos } from './run.js';
import { drawSchedule, lineOf, parseSchedule, ScheduleError, type Scheduled } from './schedule.js';

const EXIT = { broken: 1, badArguments: 2, notSetUp: 3, interrupted: 130 } as const;

async function main(): Promise<number> {
  const prepared = prepare();
  if (typeof prepared === 'number') return prepared;
  const { options, schedule } = prepared;
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort());
  const folder = mkdtempSync(join(tmpdir(), 'pilot-dispatch-chaos-'));
  // Postgres, started by root, runs as another user and has to get in.
  chmodSync(folder, 0o755);
  mkdirSync(dirname(fromRoot(options.out)), { recursive: true });
  writeFileSync(fromRoot(options.out), '');
  let report: ChaosReport;
  try {
    report = await runChaos({
      ...options,
      schedule,
      folder,
      places: parsePlaces(readFileSync(fromRoot('data/montreal-carshare.csv'), 'utf8')),
      interrupted: interrupted.signal,
      say: (line) => say(line),
      onFault: (done) => noteFault(done, options.out),
    });
  } catch (error) {
    if (interrupted.signal.aborted) {
      rmSync(folder, { recursive: true, force: true });
      return EXIT.interrupted;
    }
    say(`could not be carried out: ${error instanceof Error ? error.message : String(error)}`);
    say(`logs: ${join(folder, 'logs')}`);
    return EXIT.notSetUp;
  }
  return conclude(report, options, folder);
}

/** Options and schedule, or the exit code when there is nothing to run. */
function prepare(): { options: ChaosOptions; schedule: Scheduled[] } | number {
  try {
    const options = readOptions(process.argv.slice(2));
    if (options === 'help') {
      process.stdout.write(usage());
      return 0;
    }
    const { scheduleFile, seed, forMs } = options;
    if (scheduleFile === null) return { options, schedule: drawSchedule(seed, forMs) };
    return { options, schedule: parseSchedule(readSchedule(scheduleFile)) };
  } catch (error) {
    if (!(error instanceof BadArgumentsError) && !(error instanceof ScheduleError)) throw error;
    process.stderr.write(`${error.message}\nAll arguments: npm run chaos -- --help\n`);
    return EXIT.badArguments;
  }
}

function readSchedule(file: string): string {
  try {
    return readFileSync(fromRoot(file), 'utf8');
  } catch (error) {
    throw new BadArgumentsError(`--schedule: cannot be read: ${(error as Error).message}`);
  }
}

function noteFault(done: Done, out: string): void {
  const at = `${(done.atMs / 1000).toFixed(1)} s`.padStart(9);
  process.stdout.write(`fault ${at}  ${done.outcome ?? `not done, its part is down: ${done.fault.kind}`}\n`);
  // As it was carried out: what was not done is not repeated.
  if (done.outcome !== null)
    appendFileSync(fromRoot(out), `${lineOf({ atMs: done.atMs, fault: done.fault })}\n`);
}

function conclude(report: ChaosReport, options: ChaosOptions, folder: string): number {
  const { seed, out, json, forMs, bookings, pilots, rate } = options;
  process.stdout.write(`${render(report)}\n`);
  if (json !== null) writeFileSync(fromRoot(json), `${JSON.stringify({ seed, ...report }, null, 1)}\n`);
  if (report.violations.length === 0) {
    rmSync(folder, { recursive: true, force: true });
    return 0;
  }
  say(
    `repeat: npm run chaos -- --minutes ${forMs / 60_000} --seed ${seed} --bookings ${bookings} --pilots ${pilots} --rate ${rate} --schedule ${out}`,
  );
  say(`data and logs are kept: ${folder}`);
  return EXIT.broken;
}

function say(line: string): void {
  process.stdout.write(`chaos: ${line}\n`);
}

main().then(
  // Sockets that are still closing must not hold the process.
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exit(EXIT.notSetUp);
  },
);
