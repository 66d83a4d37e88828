/**
 * Transactions of a Postgres connection, counted from its own protocol: exact, at once, and with the statements,
 * where Postgres' statistics come late and know numbers alone.
 */
import { Frames, type Listener } from './taps.js';

/** One transaction that was committed; a statement outside of a block is one of its own. */
export interface Transaction {
  statements: string[];
  /** It changed or locked rows, or notified: Postgres wrote it to its log. */
  writes: boolean;
  /** It told the sockets something. */
  notifies: boolean;
}

const WRITES = /\b(INSERT|UPDATE|DELETE|TRUNCATE|pg_notify|NOTIFY)\b/i;
const NOTIFIES = /\bpg_notify\b/i;
const BLOCK = /^\s*(BEGIN|START TRANSACTION|COMMIT|ROLLBACK|SAVEPOINT|RELEASE)/i;

/** A listener that hands each committed transaction to `take`. */
export function transactionsOf(take: (transaction: Transaction) => void): Listener {
  const prepared = new Map<string, string>();
  let statements: string[] = [];
  let failed = false;
  const ran = (sql: string): void => {
    if (/^\s*ROLLBACK(?!\s+TO)/i.test(sql)) failed = true;
    if (!BLOCK.test(sql)) statements.push(sql);
  };
  const client = new Frames(clientFrameLength, (frame) => {
    const kind = frame[0];
    if (kind === CODES.query) ran(stringAt(frame, 5).text);
    if (kind === CODES.parse) {
      const name = stringAt(frame, 5);
      prepared.set(name.text, stringAt(frame, name.end).text);
    }
    // A statement may be prepared once and bound many times.
    if (kind === CODES.bind) ran(prepared.get(stringAt(frame, stringAt(frame, 5).end).text) ?? '');
  });
  const server = new Frames(frameLength, (frame) => {
    if (frame[0] === CODES.error) failed = true;
    if (frame[0] !== CODES.ready || frame[5] !== CODES.idle) return;
    if (!failed && statements.length > 0) take(transactionOf(statements));
    statements = [];
    failed = false;
  });
  return { fromClient: (bytes) => client.push(bytes), fromServer: (bytes) => server.push(bytes) };
}

function transactionOf(statements: string[]): Transaction {
  return {
    statements,
    writes: statements.some((sql) => WRITES.test(sql)),
    notifies: statements.some((sql) => NOTIFIES.test(sql)),
  };
}

const CODES = {
  query: 'Q'.charCodeAt(0),
  parse: 'P'.charCodeAt(0),
  bind: 'B'.charCodeAt(0),
  error: 'E'.charCodeAt(0),
  ready: 'Z'.charCodeAt(0),
  idle: 'I'.charCodeAt(0),
} as const;

/** A byte for the kind, then the length of what follows, itself included. */
function frameLength(bytes: Buffer): number | null {
  return bytes.length < 5 ? null : bytes.readUInt32BE(1) + 1;
}

/** The first message of a client has no kind: its length comes first, and that begins with a zero. */
function clientFrameLength(bytes: Buffer): number | null {
  if (bytes[0] === 0) return bytes.length < 4 ? null : bytes.readUInt32BE(0);
  return frameLength(bytes);
}

function stringAt(frame: Buffer, from: number): { text: string; end: number } {
  const zero = frame.indexOf(0, from);
  return { text: frame.toString('utf8', from, zero), end: zero + 1 };
}
