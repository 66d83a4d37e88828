// What docs/clients.md tells the builders of apps is so: its program compiles and does its work over a network that
// breaks, connections end with the words that it names, and its numbers are those of the code.
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { transformSync } from '@swc/core';
import ts from 'typescript';
import {
  BODY_LIMIT_BYTES,
  DEFAULT_JOB_STALE_MS,
  DEFAULT_LIMITS,
  ETA_SPEED_KPH,
  OFFER_RECEIPT_MS,
  REACHABLE_MS,
  TEXT_LIMITS,
} from '../../contract/limits.js';
import { DEFAULT_RATE_LIMITS } from '../../src/config/door-limits.js';
import { Cast } from '../support/actors.js';
import { Proxy } from '../support/proxy.js';
import { RecordedSocket } from '../support/sockets.js';
import { System } from '../support/system.js';
import { signToken } from '../support/tokens.js';
import { eventually, pause } from '../support/waiting.js';

const ROOT = process.cwd();
const PAGE = readFileSync(join(ROOT, 'docs/clients.md'), 'utf8');
/** Inside of the project, so that the program finds its package. */
const FOLDER = join(ROOT, '.cache', `clients-page-${randomUUID()}`);
const PROGRAM = [...PAGE.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code).join('\n');
const TOLD = [
  '1 booking:created Booking created! Finding a driver...',
  '2 booking:search_started Finding a driver for you...',
  '3 booking:offer_sent Offer sent to driver 1...',
  '4 booking:driver_assigned Pit has accepted your booking!',
  '5 booking:status Your driver has arrived.',
  '6 booking:status Your package has been picked up.',
  '7 booking:status Your package is on its way.',
  '8 booking:status Your package has been delivered.',
];

let system: System;
beforeAll(async () => {
  mkdirSync(FOLDER, { recursive: true });
  system = await System.start({
    env: { DEMO: 'true', OFFER_TIMEOUT_MS: '20000', SEARCH_TIMEOUT_MS: '60000' },
  });
});
afterAll(async () => {
  rmSync(FOLDER, { recursive: true, force: true });
  await system?.stop();
});

describe('the program of the page', () => {
  it('compiles under strict rules', () => {
    const file = join(FOLDER, 'program.mts');
    writeFileSync(file, PROGRAM);
    const program = ts.createProgram([file], {
      ...{ strict: true, noEmit: true, skipLibCheck: true, target: ts.ScriptTarget.ES2023, types: ['node'] },
      ...{
        module: ts.ModuleKind.NodeNext,
        lib: ['lib.es2023.d.ts', 'lib.dom.d.ts'],
        typeRoots: [join(ROOT, 'node_modules/@types')],
      },
    });
    const faults = ts.getPreEmitDiagnostics(program);
    expect(faults.map((one) => ts.flattenDiagnosticMessageText(one.messageText, '\n'))).toEqual([]);
  });

  it.each([[0], [1], [3]])(
    'shows every event once and in order, the network cut after %d of them',
    async (line) => {
      const proxy = await Proxy.before(system.url());
      const run = start(`http://127.0.0.1:${proxy.port}`);
      try {
        if (line > 0) {
          await eventually(`line ${line}`, () => run.lines().filter(isTold).length >= line, 20_000);
          proxy.refuse();
          await pause(1_500);
          proxy.mend();
        }
        expect(await run.ended).toBe(0);
      } finally {
        run.kill();
        await proxy.stop();
      }
      expect(run.lines().filter(isTold)).toEqual(TOLD);
      const offers = run.lines().filter((one) => one.startsWith('an offer'));
      expect(offers).toEqual([expect.stringMatching(/^an offer, (20|1\d) s left$/)]);
      expect(run.lines().filter((one) => one.startsWith('closed'))).toHaveLength(1);
      expect(run.lines()).toHaveLength(TOLD.length + 2);
    },
  );
});

const isTold = (one: string): boolean => /^\d+ booking:/.test(one);

interface Run {
  lines: () => string[];
  ended: Promise<number | null>;
  kill: () => void;
}

function start(url: string): Run {
  const file = join(FOLDER, `${randomUUID()}.mjs`);
  const { code } = transformSync(PROGRAM, { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' } });
  writeFileSync(file, code);
  const child = spawn(process.execPath, [file], { env: { ...process.env, API_URL: url } });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
  return {
    lines: () => output.split('\n').filter((one) => one !== ''),
    ended: new Promise((resolve) => child.once('exit', resolve)),
    kill: () => child.kill('SIGKILL'),
  };
}

describe('how connections end', () => {
  const reasonOf = (socket: RecordedSocket) => eventually('the end', () => socket.closings[0]);

  it('by a revoked token: io server disconnect, then unauthorized', async () => {
    const sub = randomUUID();
    const token = await signToken({ sub });
    const socket = await RecordedSocket.open(system.url(), token);
    const operator = await new Cast(system).operator();
    await operator.expect(204, 'POST', '/admin/tokens/revoke', { sub });
    expect(await reasonOf(socket)).toBe('io server disconnect');
    await expect(RecordedSocket.open(system.url(), token)).rejects.toThrow('unauthorized');
  });

  it('by a server that stops in good order, or dies: another reason, so the client comes back', async () => {
    const [stopping, dying] = [await system.startApi(), await system.startApi()];
    const sockets = [
      await RecordedSocket.open(stopping.url, await signToken()),
      await RecordedSocket.open(dying.url, await signToken()),
    ];
    await Promise.all([stopping.stop(), dying.kill9()]);
    for (const socket of sockets) expect(await reasonOf(socket)).toBe('transport close');
  });
});

test('its numbers are those of the code', () => {
  const { requestsPerToken, bookingsPerToken, requestsPerAddress } = DEFAULT_RATE_LIMITS;
  const { address, note, reason, name } = TEXT_LIMITS;
  for (const said of [
    `${requestsPerToken} a minute`,
    `${bookingsPerToken} a minute`,
    `${requestsPerAddress.toLocaleString('en')} a minute`,
    `${address} · ${note} · ${reason} · ${name} characters`,
    `${BODY_LIMIT_BYTES / 1024} kB`,
    `in the last ${REACHABLE_MS / 1000} s`,
    `within ${OFFER_RECEIPT_MS / 1000} s`,
    `older than ${DEFAULT_LIMITS.pilotStaleMs / 1000} s`,
    `None for ${DEFAULT_JOB_STALE_MS / 60_000} min`,
    `${ETA_SPEED_KPH} km/h`,
  ])
    expect(PAGE).toContain(said);
});

test('its links lead somewhere', () => {
  const links = [...PAGE.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map((match) => match[1] ?? '');
  expect(links.length).toBeGreaterThan(1);
  expect(links.filter((link) => !existsSync(join(ROOT, 'docs', link)))).toEqual([]);
});
