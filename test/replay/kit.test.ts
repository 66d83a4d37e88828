/** QA's replay kit on files: what it says, and its exit codes. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { htmlPage } from '../../tools/history/html-page.js';
import type { NamedHistory } from '../../tools/history/recorded.js';
import { replayHistories, type Replayed } from '../../tools/history/replay-histories.js';
import { terminalPage } from '../../tools/history/terminal-page.js';
import { timelineOf } from '../../tools/history/timeline.js';
import { eventOf, historyNames, historyOf, readHistory, rewriteMarker } from '../support/histories.js';
import { bundleWith, READS_FIRST, SHOWS_NOTHING, type Change } from '../support/planted-workflow.js';
import { installQuietRuntime } from '../support/stage-ground.js';

const FOLDER = 'test/replay/histories';
let scratch: string;
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'replay-kit-'));
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

interface Said {
  code: number;
  out: string;
  err: string;
}

/** One command of the kit, as npm runs it. */
function kit(command: 'replay' | 'show', ...args: string[]): Promise<Said> {
  return new Promise((resolve) => {
    const program = join('dist/tools/history', `${command}.js`);
    execFile(
      process.execPath,
      [program, ...args],
      { env: { ...process.env, PAYLOAD_KEYS: '' } },
      (error, out, err) => resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    );
  });
}

async function planted(name: string, change: Change): Promise<string> {
  const file = join(scratch, `${name}.js`);
  writeFileSync(file, (await bundleWith(change)).code);
  return file;
}

function file(name: string, text: string): string {
  const path = join(scratch, name);
  writeFileSync(path, text);
  return path;
}

describe('history:replay', () => {
  test('a folder: every history is named, all replay, exit code 0', async () => {
    const { code, out } = await kit('replay', FOLDER);
    for (const name of historyNames()) expect(out).toContain(`replays     ${name} (`);
    expect(out).toContain(`${historyNames().length} replay, 0 differ`);
    expect(code).toBe(0);
  });

  test('a changed workflow: which event, of which type, what the code wanted instead; exit code 1', async () => {
    const bundle = await planted('reads-first', READS_FIRST);
    const { code, out } = await kit('replay', FOLDER, '--bundle', bundle);
    const history = readHistory(historyOf('decline-then-next'));
    const { eventId } = eventOf(history, 'MARKER_RECORDED');
    const told = out.slice(out.indexOf(`DIFFERS     ${historyOf('decline-then-next')}`));
    expect(told).toMatch(
      new RegExp(`^.*\n  recorded    event ${eventId}, MARKER_RECORDED: claimNextPilot, .*offer 1 to`),
    );
    expect(told.split('\n')[2]).toBe('  code wants  to run the local activity readStanding');
    expect(out).toMatch(/ × at MARKER_RECORDED the code wants to run the local activity readStanding\n/);
    expect(code).toBe(1);
  });

  test.each<[string, () => string[], RegExp]>([
    ['nothing named', () => [], /Name files or folders, or --from-cluster/],
    ['both', () => [FOLDER, '--from-cluster', ''], /one of the two/],
    ['an unknown option', () => ['--wat', FOLDER], /Unknown option '--wat'/],
    ['no such path', () => ['nowhere.json'], /nowhere.json: there is no such file or folder/],
    ['a folder without histories', () => ['docs/decisions'], /docs\/decisions: there is no \.json file/],
    ['no such bundle', () => [FOLDER, '--bundle', 'none.js'], /none.js: there is no such bundle/],
  ])('%s: exit code 2, and why', async (_, args, why) => {
    const { code, err } = await kit('replay', ...args());
    expect(err).toMatch(why);
    expect(code).toBe(2);
  });

  test('a file that is no history hides no other: told, and exit code 2', async () => {
    const bad = [
      file('not.json', '{"events": ['),
      file('empty.json', '{}'),
      file('middle.json', '{"events":[{"eventId":"7","eventType":"EVENT_TYPE_TIMER_FIRED"}]}'),
    ];
    const good = join(FOLDER, `${historyOf('success')}.json`);
    const { code, out } = await kit('replay', ...bad, good);
    expect(out).toMatch(/UNREADABLE {2}\S+not\.json: .*JSON/);
    expect(out).toMatch(/UNREADABLE {2}\S+empty\.json: holds no "events"/);
    expect(out).toMatch(
      /UNREADABLE {2}\S+middle\.json: event 1 must be EVENT_TYPE_WORKFLOW_EXECUTION_STARTED/,
    );
    expect(out).toContain('1 replay, 0 differ, 3 could not be read');
    expect(code).toBe(2);
  });
});

describe('what differs is found where it differs', () => {
  beforeAll(() => installQuietRuntime());

  async function replayed(
    scene: string,
    bundle?: string,
    change: (history: never) => void = () => undefined,
  ): Promise<Replayed> {
    const json = readHistory(historyOf(scene));
    change(json as never);
    const named = (async function* (): AsyncGenerator<NamedHistory> {
      yield { name: scene, history: historyFromJSON(json) };
    })();
    for await (const one of replayHistories(named, bundle)) return one;
    throw new Error('nothing was replayed');
  }

  test('the third of several activities of one name', async () => {
    const { difference } = await replayed('search-timeout', undefined, (history: never) => {
      const { events } = history as { events: Parameters<typeof rewriteMarker>[0][] };
      const markers = events.filter((one) => one.eventType === 'EVENT_TYPE_MARKER_RECORDED');
      const [third] = markers.slice(2);
      if (third === undefined) throw new Error('too few markers');
      rewriteMarker(third, 'data', (data: { activity_type: string }) => {
        data.activity_type = 'claimNextPilot' === data.activity_type ? 'settleOffer' : 'claimNextPilot';
      });
      expected = third.eventId;
    });
    expect(difference).toMatchObject({
      kind: 'determinism',
      eventId: expected,
      eventType: 'MARKER_RECORDED',
    });
  });
  let expected = '';

  test('a command that the code does not make any more', async () => {
    const bundle = await planted('shows-nothing', SHOWS_NOTHING);
    const { difference } = await replayed('success', bundle);
    const { eventId } = eventOf(readHistory(historyOf('success')), 'UPSERT_WORKFLOW_SEARCH_ATTRIBUTES');
    expect(difference).toMatchObject({
      kind: 'determinism',
      eventId,
      eventType: 'UPSERT_WORKFLOW_SEARCH_ATTRIBUTES',
      wanted: 'to start (or cancel) a timer',
    });
    expect(difference?.recorded).toContain('AssignmentStatus=offered');
  });

  test('a workflow that throws, and where', async () => {
    const thrown = { file: 'board.js', from: 'let shown', to: "throw new Error('boom'); let shown" };
    const { difference } = await replayed('success', await planted('throws', thrown));
    expect(difference).toMatchObject({ kind: 'code', eventId: null, message: 'boom' });
    expect(difference?.wanted).toMatch(/^the workflow's code threw at workflows\/board\.ts:\d+$/);
  });

  test('an event that was taken out of the file is no fault of the code', async () => {
    const { difference } = await replayed('success', undefined, (history: never) => {
      (history as { events: object[] }).events.splice(5, 1);
    });
    expect(difference).toMatchObject({ kind: 'history', wanted: 'nothing: the history itself is not whole' });
  });
});

describe('history:show', () => {
  test('offers, timers with their summaries, signals, answers of activities', async () => {
    const { code, out } = await kit('show', join(FOLDER, `${historyOf('decline-then-next')}.json`));
    expect(code).toBe(0);
    expect(out).toMatch(/^B-\d+ · bike · booking [0-9a-f-]{36}\n/);
    expect(out).toMatch(/offer {2}1 {2}\| *█+ *\|.*\n +pilot [0-9a-f-]{36}: signal decline; then offered/);
    expect(out).toMatch(/offer {2}2 {2}\| *█+ *\|.*\n +pilot [0-9a-f-]{36}: signal accept; then assigned/);
    expect(out).toMatch(/timer 1 of 29\.\d+s {2}· {2}Offer 1 of 10 to [0-9a-f-]{36}, 30 s/);
    expect(out).toMatch(/signal decline {2}· {2}\{.*"by":"pilot"/);
    expect(out).toMatch(/claimNextPilot, \d+ ms {2}· {2}offered: offer 2 to/);
    expect(out).not.toContain('\u001b');
    expect(out).toContain('workflow tasks are left out');
  });

  test('--html: one page that loads nothing and runs nothing, in light and dark', async () => {
    const page = join(scratch, 'page.html');
    const { code, out } = await kit('show', join(FOLDER, `${historyOf('success')}.json`), '--html', page);
    expect([code, out]).toEqual([0, expect.stringContaining('page.html')]);
    const html = htmlPage(timelineOf(readHistory(historyOf('success'))));
    expect(html).toContain('color-scheme: light dark');
    expect(html).toContain("default-src 'none'");
    expect(html).not.toMatch(/https?:|src=|<script|<link|@import|url\(/);
    expect(html).toContain('Offer 1 of 10 to');
  });

  test('hostile texts in a history do nothing, in the page or in the terminal', () => {
    const history = readHistory(historyOf('decline-then-next'));
    const hostile = `<img src=x onerror=alert(1)>"'&\u001b[2J\u202e`;
    const signal = eventOf(history, 'WORKFLOW_EXECUTION_SIGNALED');
    (signal['workflowExecutionSignaledEventAttributes'] as { signalName: string }).signalName = hostile;
    rewriteMarker(
      eventOf(history, 'MARKER_RECORDED'),
      'result',
      (standing: { offer: { pilotId: string } }) => {
        standing.offer.pilotId = hostile;
      },
    );
    const timeline = timelineOf(history);
    const html = htmlPage(timeline);
    expect(html).not.toContain('<img');
    expect(html).toContain('&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;');
    for (const text of [html, terminalPage(timeline, { colours: false, everything: true })])
      expect(['\u001b', '\u202e'].filter((one) => text.includes(one))).toEqual([]);
  });

  test.each(historyNames())('draws %s', (name) => {
    const timeline = timelineOf(readHistory(name));
    expect(timeline.entries.map((one) => one.title)).not.toContain('');
    expect(terminalPage(timeline, { colours: true, everything: true })).toContain(timeline.bookingId);
    for (const { fromMs, toMs } of timeline.offers) expect(toMs).toBeGreaterThanOrEqual(fromMs);
  });

  test.each<[string, string[], RegExp]>([
    ['nothing named', [], /Name one file/],
    ['a folder of several', [FOLDER], /is a folder of several/],
    ['no such file', ['none.json'], /there is no such file/],
  ])('%s: exit code 2, and why', async (_, args, why) => {
    const { code, err } = await kit('show', ...args);
    expect(err).toMatch(why);
    expect(code).toBe(2);
  });
});
