/** `npm run history:record`: saves a booking's workflow history in the JSON form that replays. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { Client, Connection, isGrpcServiceError } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { WORKFLOW_ID_PREFIX, workflowIdOf } from '../../contract/workflow.js';
import { decodeHistory } from '../../payload-codec/decode-history.js';
import { EncryptionCodec } from '../../payload-codec/encryption-codec.js';
import { readPayloadKeys } from '../../payload-codec/keys.js';

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
const GRPC_NOT_FOUND = 5;
const DEFAULT_FOLDER = 'artefacts/histories';

interface Order {
  bookingId: string;
  runId?: string;
  out: string;
}

/** The recording could not be made; the message is for the person who asked. */
class RecordError extends Error {
  constructor(
    message: string,
    readonly exitCode: 1 | 2,
  ) {
    super(message);
  }
}

function readOrder(args: string[]): Order | 'help' {
  const { values, positionals } = parse(args);
  if (values.help === true) return 'help';
  const [given, ...more] = positionals;
  const bookingId = given?.replace(new RegExp(`^${WORKFLOW_ID_PREFIX}`), '');
  if (bookingId === undefined || more.length > 0 || !UUID.test(bookingId))
    throw new RecordError(
      `Name one booking by its uuid${given === undefined ? '' : `, not '${positionals.join(' ')}'`}.`,
      2,
    );
  if (values.run !== undefined && !UUID.test(values.run))
    throw new RecordError(`--run must be the uuid of a run, not '${values.run}'.`, 2);
  if (values.out === '') throw new RecordError('--out must be a file name.', 2);
  return {
    bookingId: bookingId.toLowerCase(),
    ...(values.run === undefined ? {} : { runId: values.run }),
    out: values.out ?? join(DEFAULT_FOLDER, `${WORKFLOW_ID_PREFIX}${bookingId}.json`),
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        run: { type: 'string' },
        out: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new RecordError(`${(error as Error).message.split('. ')[0]}.`, 2);
  }
}

/** Fetches the history and writes it; answers what was written. */
async function record(order: Order): Promise<{ events: number; bytes: number }> {
  const codec = readCodec();
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig();
  const connection = await Connection.connect(connectionOptions).catch((error: unknown) => {
    const address = connectionOptions.address ?? 'localhost:7233';
    throw new RecordError(`Temporal at ${address} does not answer: ${(error as Error).message}`, 1);
  });
  try {
    const { workflow } = new Client({ connection, namespace });
    const history = await workflow.getHandle(workflowIdOf(order.bookingId), order.runId).fetchHistory();
    const left = await decodeHistory(history, codec);
    if (left > 0)
      throw new RecordError(`${left} payloads of it are encrypted with a key that PAYLOAD_KEYS lacks.`, 1);
    const text = `${JSON.stringify(JSON.parse(historyToJSON(history)), null, 1)}\n`;
    save(order.out, text);
    return { events: history.events?.length ?? 0, bytes: Buffer.byteLength(text) };
  } catch (error) {
    if (!isGrpcServiceError(error) || error.code !== GRPC_NOT_FOUND) throw error;
    throw new RecordError(`There is no workflow ${workflowIdOf(order.bookingId)} in '${namespace}'.`, 1);
  } finally {
    await connection.close();
  }
}

function readCodec(): EncryptionCodec {
  const text = process.env['PAYLOAD_KEYS'] ?? '';
  const { keys, faults } = text === '' ? { keys: [], faults: [] } : readPayloadKeys(text);
  if (faults.length > 0) throw new RecordError(`PAYLOAD_KEYS: ${faults.join('; ')}`, 1);
  return new EncryptionCodec(keys);
}

/** A recorded history is evidence: it is never written over. */
function save(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  try {
    writeFileSync(file, text, { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new RecordError(`${file} is there already: name another file with --out, or delete it.`, 1);
  }
}

async function main(): Promise<void> {
  try {
    const order = readOrder(process.argv.slice(2));
    if (order === 'help') {
      process.stdout.write(USAGE);
      return;
    }
    const { events, bytes } = await record(order);
    process.stdout.write(`${order.out}: ${events} events, ${bytes} bytes\n`);
  } catch (error) {
    const known = error instanceof RecordError;
    process.stderr.write(`history:record: ${error instanceof Error ? error.message : String(error)}\n`);
    if (known && error.exitCode === 2) process.stderr.write('How: npm run history:record -- --help\n');
    process.exitCode = known ? error.exitCode : 1;
  }
}

void main();
