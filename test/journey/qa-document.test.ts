/** docs/qa.md: a bug in the field becomes a regression test in four commands, typed as they stand there. */
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cast } from '../support/actors.js';
import { freshPlace } from '../support/places.js';
import { System } from '../support/system.js';

const HISTORIES = 'test/replay/histories';
const DOCUMENT = readFileSync(join(process.cwd(), 'docs/qa.md'), 'utf8');

let system: System;
let cast: Cast;
let folder: string;
beforeAll(async () => {
  system = await System.start();
  cast = new Cast(system);
  folder = mkdtempSync(join(tmpdir(), 'qa-histories-'));
  cpSync(join(process.cwd(), HISTORIES), folder, { recursive: true });
});
afterAll(async () => {
  cast?.leave();
  await system?.stop();
  rmSync(folder, { recursive: true, force: true });
});

function commands(): string[] {
  const block = /<!-- four-commands -->\s+```sh\n([\s\S]*?)```/.exec(DOCUMENT)?.[1] ?? '';
  return block.trim().split('\n');
}

/** In a folder beside the repository's own, so that no test leaves a history there. */
function type(command: string, booking: string): Promise<{ code: number; text: string }> {
  const { address: TEMPORAL_ADDRESS, namespace: TEMPORAL_NAMESPACE } = system.temporal;
  const env = {
    ...process.env,
    BOOKING: booking,
    TEMPORAL_ADDRESS,
    TEMPORAL_NAMESPACE,
    REPLAY_HISTORIES: folder,
    TEST_RESULTS: join(folder, 'results.txt'),
  };
  return new Promise((resolve) => {
    execFile('bash', ['-ec', command.replaceAll(HISTORIES, folder)], { env }, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), text: out + err }),
    );
  });
}

test('the four commands of docs/qa.md, on a booking of a running system', async () => {
  const place = freshPlace();
  const user = await cast.user();
  const [near, next] = [
    await cast.pilot({ at: place }),
    await cast.pilot({ at: { ...place, lng: place.lng + 0.01 } }),
  ];
  const { id } = await user.book(place);
  await near.decline((await near.offered(id)).offerId);
  expect((await next.accept((await next.offered(id)).offerId)).status).toBe(200);
  await user.event(id, 'booking:driver_assigned');

  const [record, show, replay, rerun, ...more] = commands();
  expect(more).toEqual([]);
  const said: string[] = [];
  for (const command of [record, show, replay, rerun]) {
    const { code, text } = await type(command ?? '', id);
    expect([command, code, code === 0 ? '' : text]).toEqual([command, 0, '']);
    said.push(text);
  }
  expect(said[0]).toMatch(/what-it-shows\.2026-11-24\.json: \d+ events/);
  expect(said[1]).toContain('signal decline; then offered');
  expect(said[2]).toContain('1 replay, 0 differ');
  expect(said[3]).toMatch(/what-it-shows\.2026-11-24/);
  expect(said[3]).toMatch(/Tests: +\d+ passed, \d+ total/);
}, 180_000);
