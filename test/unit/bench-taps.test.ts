// What the bench reads from lines between processes, byte by byte as a network may deliver it.
import { perBooking, withoutIdle } from '../../bench/budget.js';
import { callsOf } from '../../bench/grpc-calls.js';
import type { Listener } from '../../bench/taps.js';
import { transactionsOf, type Transaction } from '../../bench/transactions.js';

function message(kind: string, ...parts: (string | number[])[]): Buffer {
  const body = Buffer.concat(
    parts.map((part) => (typeof part === 'string' ? Buffer.from(`${part}\0`) : Buffer.from(part))),
  );
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length + 4);
  return Buffer.concat([Buffer.from(kind), length, body]);
}

const STARTUP = Buffer.from([0, 0, 0, 8, 0, 3, 0, 0]);
const query = (sql: string): Buffer => message('Q', sql);
const parse = (name: string, sql: string): Buffer => message('P', name, sql, [0, 0]);
const bind = (name: string): Buffer => message('B', '', name, [0, 0, 0, 0, 0, 0]);
const ready = (state: 'I' | 'T' | 'E'): Buffer => message('Z', [state.charCodeAt(0)]);

function byteByByte(listener: Listener, from: 'fromClient' | 'fromServer', bytes: Buffer): void {
  for (const byte of bytes) listener[from](Buffer.from([byte]));
}

/** A conversation: what the client says, and what the server answers to it. */
function conversation(...turns: [Buffer, Buffer][]): Transaction[] {
  const found: Transaction[] = [];
  const listener = transactionsOf((one) => found.push(one));
  byteByByte(listener, 'fromClient', STARTUP);
  byteByByte(listener, 'fromServer', ready('I'));
  for (const [said, answered] of turns) {
    byteByByte(listener, 'fromClient', said);
    byteByByte(listener, 'fromServer', answered);
  }
  return found;
}

describe('transactions of a connection', () => {
  test('a block is one, with all its statements', () => {
    expect(
      conversation(
        [query('START TRANSACTION'), ready('T')],
        [Buffer.concat([parse('', 'UPDATE a SET b = $1'), bind('')]), ready('T')],
        [query('SELECT pg_notify($1, $2)'), ready('T')],
        [query('COMMIT'), ready('I')],
      ),
    ).toEqual([
      { statements: ['UPDATE a SET b = $1', 'SELECT pg_notify($1, $2)'], writes: true, notifies: true },
    ]);
  });

  test('a statement outside of a block is one of its own', () => {
    expect(conversation([query('SELECT 1'), ready('I')], [query('DELETE FROM a'), ready('I')])).toEqual([
      { statements: ['SELECT 1'], writes: false, notifies: false },
      { statements: ['DELETE FROM a'], writes: true, notifies: false },
    ]);
  });

  test('a statement that was prepared once counts each time it is run', () => {
    const first = Buffer.concat([parse('s1', 'INSERT INTO a'), bind('s1')]);
    expect(conversation([first, ready('I')], [bind('s1'), ready('I')])).toHaveLength(2);
  });

  test('what was rolled back, or failed, is none', () => {
    expect(
      conversation(
        [query('BEGIN'), ready('T')],
        [query('DELETE FROM a'), ready('T')],
        [query('ROLLBACK'), ready('I')],
        [query('DELETE FROM b'), Buffer.concat([message('E', 'no'), ready('I')])],
      ),
    ).toEqual([]);
  });
});

test('calls of gRPC are its HEADERS frames, after the preface', () => {
  let calls = 0;
  const listener = callsOf(() => (calls += 1));
  const frame = (kind: number, body: number): Buffer =>
    Buffer.concat([Buffer.from([0, 0, body, kind, 4, 0, 0, 0, 1]), Buffer.alloc(body, 1)]);
  const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
  const [settings, headers, data] = [frame(4, 6), frame(1, 40), frame(0, 120)];
  byteByByte(listener, 'fromClient', Buffer.concat([preface, settings, headers, data, headers, data]));
  expect(calls).toBe(2);
});

test('a booking is not charged with what is asked while nobody books', () => {
  const one = (sql: string): Transaction => ({
    statements: [sql],
    writes: true,
    notifies: sql.includes('notify'),
  });
  const busy = [one('lease'), one('book'), one('notify'), one('book'), one('lease')];
  expect(withoutIdle(busy, [one('lease')])).toHaveLength(3);
  const spent = perBooking(
    { transactions: busy, temporalCalls: 12 },
    { transactions: [one('lease')], temporalCalls: 9 },
    2,
  );
  expect(spent).toEqual({ commits: 1.5, writingCommits: 1.5, notifyingCommits: 0.5, temporalCalls: 6 });
});
