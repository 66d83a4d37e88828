// What cannot be read as a request is refused in words, and the words arrive, however much is still on its way.
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { answerUnreadable } from '../../src/http/unreadable.js';
import { inCrowd, upTo } from '../support/crowd.js';
import { eventually } from '../support/waiting.js';

let server: Server;
let port: number;
let open = 0;
beforeAll(async () => {
  server = createServer((request, response) => {
    request.resume();
    response.write('begun');
    if (request.url !== '/half') response.end();
  });
  server.on('connection', (socket) => {
    open += 1;
    socket.once('close', () => (open -= 1));
  });
  answerUnreadable(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

/** All that the server says to these pieces, sent one after the other, until it hangs up. Rejects on a reset. */
function said(pieces: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(port, '127.0.0.1', () => {
      for (const piece of pieces) socket.write(piece);
    });
    socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    socket.once('end', () => resolve(text));
    socket.once('error', reject);
  });
}

const HUGE = ['GET / HTTP/1.1\r\nHost: x\r\n', ...upTo(40).map((n) => `X-${n}: ${'x'.repeat(10_000)}\r\n`)];

it('headers that are too large: 431 each time, though most of them had not arrived when it was said', async () => {
  const answers = await inCrowd(20, upTo(200), () => said(HUGE));
  for (const answer of answers) {
    expect(answer).toMatch(
      /^HTTP\/1\.1 431 .*\r\nConnection: close\r\nContent-Type: application\/problem\+json\r\n/,
    );
    expect(JSON.parse(answer.split('\r\n\r\n')[1] as string)).toEqual({
      type: 'about:blank',
      status: 431,
      title: 'Request Header Fields Too Large',
      detail: 'The headers are larger than 16 kB.',
    });
  }
});

it('what is no HTTP at all: 400, once', async () => {
  const answer = await said(['\u0016\u0003\u0001 hello\r\n\r\n', 'and more of it\r\n\r\n']);
  expect(answer.match(/HTTP\/1\.1 400 Bad Request/g)).toHaveLength(1);
});

it('within another answer nothing is added to it', async () => {
  const answer = await said(['GET /half HTTP/1.1\r\nHost: x\r\n\r\n', 'no HTTP\r\n\r\n']).catch(() => '');
  expect(answer).not.toContain('400 Bad Request');
});

it('who keeps sending is hung up on after a while', async () => {
  // It does not hang up by itself when the server has said its last.
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }, () =>
    socket.write('no HTTP\r\n\r\n'),
  );
  const more = setInterval(() => socket.write('and more\r\n'), 50);
  socket.on('error', () => undefined).resume();
  try {
    await eventually('the server to have it', () => open === 1);
    await eventually('the server to hang up', () => open === 0, 10_000);
  } finally {
    clearInterval(more);
    socket.destroy();
  }
});
