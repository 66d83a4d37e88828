/** `npm run history:replay`: do recorded, running and closed workflows replay on the code as it stands? */
import { existsSync } from 'node:fs';
import { HistoryError, readArguments, runCommand } from './command.js';
import type { Difference } from './difference.js';
import { showProgress, type Progress } from './progress.js';
import { historyFiles, readCodec, readHistoryFile, type NamedHistory } from './recorded.js';
import { BUILT_BUNDLE, replayHistories, withSilentRuntime } from './replay-histories.js';
import { clusterHistories, connectTemporal, countWorkflows, type Unreadable } from './temporal.js';

const USAGE = `npm run history:replay -- <file|folder> ...
npm run history:replay -- --from-cluster "<list query>"

Replays histories against the workflow as this clone has it (npm builds it first), and says which event
differs from what the code wanted.

  <file|folder>            histories as JSON: of history:record, or of temporal workflow show -o json
  --from-cluster <query>   every bookingAssignment workflow of a Temporal that fits the list query, running
                           or closed; "" for all. Such as "ExecutionStatus = 'Running'", or
                           "AssignmentStatus = 'offered' AND TriedPilots > 3". The server is found by
                           Temporal's own variables and profiles (TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, ...)
  --bundle <file>          another workflow bundle than dist/workflow-bundle.js, such as that of a release

Encrypted histories are decrypted with the keys in PAYLOAD_KEYS.

Exit code: 0 all replay; 1 one or more differ; 2 bad arguments, no history, or one that cannot be read.
`;
/** Told in full; further ones that differ in the same way are counted. */
const TOLD_IN_FULL = 5;

type Source = AsyncIterable<NamedHistory | Unreadable>;

interface Tally {
  replayed: number;
  unreadable: number;
  /** How many differ in which way. */
  ways: Map<string, number>;
}

async function replay(args: string[]): Promise<number> {
  const { values, positionals } = readArguments(args, {
    'from-cluster': { type: 'string' },
    bundle: { type: 'string' },
  });
  const query = values['from-cluster'];
  if ((query === undefined) === (positionals.length === 0))
    throw new HistoryError('Name files or folders, or --from-cluster "<list query>": one of the two.', 2);
  const bundle = values.bundle ?? BUILT_BUNDLE;
  if (!existsSync(bundle)) throw new HistoryError(`${bundle}: there is no such bundle.`, 2);
  if (query === undefined) return replayFiles(positionals.flatMap(historyFiles), bundle);
  return replayCluster(query, bundle);
}

async function replayFiles(files: string[], bundle: string): Promise<number> {
  const codec = readCodec();
  async function* source(): AsyncGenerator<NamedHistory | Unreadable> {
    for (const file of files) {
      try {
        const { encrypted, ...read } = await readHistoryFile(file, codec);
        if (encrypted === 0) yield read;
        else yield { name: file, unreadable: `${encrypted} payloads need a key that PAYLOAD_KEYS lacks` };
      } catch (error) {
        if (!(error instanceof HistoryError)) throw error;
        yield { name: file, unreadable: error.message.replace(`${file}: `, '') };
      }
    }
  }
  const plain: Progress = {
    step: () => undefined,
    print: (line) => void process.stdout.write(`${line}\n`),
    stop: () => undefined,
  };
  return tell(await withSilentRuntime(() => replayAll(source(), bundle, plain, true)));
}

async function replayCluster(query: string, bundle: string): Promise<number> {
  const codec = readCodec();
  const { client } = await connectTemporal(2);
  try {
    const total = await countWorkflows(client, query);
    if (total === 0) throw new HistoryError('No bookingAssignment workflow fits the list query.', 2);
    const progress = showProgress(total);
    const histories = clusterHistories(client, query, codec);
    const tally = await withSilentRuntime(() => replayAll(histories, bundle, progress, false)).finally(() =>
      progress.stop(),
    );
    return tell(tally);
  } finally {
    await client.connection.close();
  }
}

/** Replays what a source gives; prints what differs, and what replays too when `everything` is told. */
async function replayAll(
  source: Source,
  bundle: string,
  progress: Progress,
  everything: boolean,
): Promise<Tally> {
  const tally: Tally = { replayed: 0, unreadable: 0, ways: new Map() };
  let differing = 0;
  async function* readable(): AsyncGenerator<NamedHistory> {
    for await (const one of source) {
      if ('history' in one) {
        yield one;
        continue;
      }
      tally.unreadable += 1;
      progress.print(`UNREADABLE  ${one.name}: ${one.unreadable}`);
      progress.step(differing);
    }
  }
  for await (const { name, events, difference } of replayHistories(readable(), bundle)) {
    if (difference === null) {
      tally.replayed += 1;
      if (everything) progress.print(`replays     ${name} (${events} events)`);
    } else {
      differing += 1;
      const way = wayOf(difference);
      const known = (tally.ways.get(way) ?? 0) + 1;
      tally.ways.set(way, known);
      if (everything || known <= TOLD_IN_FULL) progress.print(inFull(name, difference));
    }
    progress.step(differing);
  }
  return tally;
}

function inFull(name: string, { kind, eventId, eventType, recorded, wanted, message }: Difference): string {
  const where = eventId === null ? [] : [`  recorded    event ${eventId}, ${eventType}: ${recorded}`];
  const label = kind === 'determinism' ? 'DIFFERS' : kind === 'code' ? 'FAILS' : 'BROKEN';
  return [
    `${label.padEnd(12)}${name}`,
    ...where,
    `  ${kind === 'determinism' ? 'code wants  ' : 'because     '}${wanted}`,
    `  SDK says    ${message}`,
  ].join('\n');
}

function wayOf({ eventType, wanted }: Difference): string {
  return eventType === null ? wanted : `at ${eventType} the code wants ${wanted}`;
}

function tell({ replayed, unreadable, ways }: Tally): number {
  const differ = [...ways.values()].reduce((sum, count) => sum + count, 0);
  const also = unreadable === 0 ? '' : `, ${unreadable} could not be read`;
  process.stdout.write(`${replayed} replay, ${differ} differ${also}\n`);
  if (differ > 1) for (const [way, count] of ways) process.stdout.write(`  ${count} × ${way}\n`);
  if (differ > 0) return 1;
  return unreadable > 0 ? 2 : 0;
}

void runCommand('history:replay', USAGE, replay);
