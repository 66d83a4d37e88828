/** `npm run history:record`: saves a booking's workflow history in the JSON form that replays. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { WORKFLOW_ID_PREFIX, workflowIdOf } from '../../contract/workflow.js';
import { decodeHistory } from '../../payload-codec/decode-history.js';
import { HistoryError, readArguments, runCommand } from './command.js';
import { readCodec } from './recorded.js';
import { connectTemporal, isGone } from './temporal.js';

const USAGE = `npm run history:record -- <bookingId> [--run <runId>] [--out <file>]

Saves the history of the workflow booking-<bookingId> as JSON that replays. The server is found by
Temporal's own variables and profiles (TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, ...). An encrypted history
is decrypted with the keys in PAYLOAD_KEYS, so that it replays without them: it is readable then.

  <bookingId>     uuid of the booking
  --run <runId>   an earlier run (before a continue-as-new or a terminate); else the latest
  --out <file>    where to; else artefacts/histories/booking-<bookingId>.json. The tests replay what lies
                  in test/replay/histories

Exit code: 0 saved; 1 no such workflow, a file that is there already, no Temporal, or a key is missing;
2 bad arguments.
`;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const DEFAULT_FOLDER = 'artefacts/histories';

interface Order {
  bookingId: string;
  runId?: string;
  out: string;
}

function readOrder(args: string[]): Order {
  const { values, positionals } = readArguments(args, {
    run: { type: 'string' },
    out: { type: 'string' },
  });
  const [given, ...more] = positionals;
  const bookingId = given?.replace(new RegExp(`^${WORKFLOW_ID_PREFIX}`), '');
  if (bookingId === undefined || more.length > 0 || !UUID.test(bookingId))
    throw new HistoryError(
      `Name one booking by its uuid${given === undefined ? '' : `, not '${positionals.join(' ')}'`}.`,
      2,
    );
  if (values.run !== undefined && !UUID.test(values.run))
    throw new HistoryError(`--run must be the uuid of a run, not '${values.run}'.`, 2);
  if (values.out === '') throw new HistoryError('--out must be a file name.', 2);
  return {
    bookingId: bookingId.toLowerCase(),
    ...(values.run === undefined ? {} : { runId: values.run }),
    out: values.out ?? join(DEFAULT_FOLDER, `${WORKFLOW_ID_PREFIX}${bookingId}.json`),
  };
}

/** Fetches the history and writes it; answers what was written. */
async function record(order: Order): Promise<{ events: number; bytes: number }> {
  const codec = readCodec(1);
  const { client, namespace } = await connectTemporal(1);
  try {
    const { workflow } = client;
    const history = await workflow.getHandle(workflowIdOf(order.bookingId), order.runId).fetchHistory();
    const left = await decodeHistory(history, codec);
    if (left > 0)
      throw new HistoryError(`${left} payloads of it are encrypted with a key that PAYLOAD_KEYS lacks.`, 1);
    const text = `${JSON.stringify(JSON.parse(historyToJSON(history)), null, 1)}\n`;
    save(order.out, text);
    return { events: history.events?.length ?? 0, bytes: Buffer.byteLength(text) };
  } catch (error) {
    if (!isGone(error)) throw error;
    throw new HistoryError(`There is no workflow ${workflowIdOf(order.bookingId)} in '${namespace}'.`, 1);
  } finally {
    await client.connection.close();
  }
}

/** A recorded history is evidence: it is never written over. */
function save(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  try {
    writeFileSync(file, text, { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new HistoryError(`${file} is there already: name another file with --out, or delete it.`, 1);
  }
}

void runCommand('history:record', USAGE, async (args) => {
  const order = readOrder(args);
  const { events, bytes } = await record(order);
  process.stdout.write(`${order.out}: ${events} events, ${bytes} bytes\n`);
  return 0;
});
