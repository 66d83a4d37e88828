/**
 * Records the histories that every later workflow must replay: plays each scene on a real dev server and saves
 * its history. What has been recorded is evidence: an existing file is never touched. See test/replay/README.md.
 *
 *   node dist/test/support/record-histories.js SET [--out FOLDER] [--missing]
 *
 * `--missing`: only scenes of which there is no history yet, of whatever set.
 */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { startDevServer } from './dev-server.js';
import type { Booked } from './booked.js';
import { openRealStage, type RealStageOptions } from './real-stage.js';
import { RACE_SCENES } from './race-scenes.js';
import { FURTHER_SCENES, SCENARIOS, type Scene } from './scenes.js';
import { makeRunFolder, removeRunFolder } from '../../tools/test-services/run-folder.js';
import { startTestPostgres } from '../../tools/test-services/postgres.js';
import { startTestTemporal } from '../../tools/test-services/temporal.js';

const FOLDER = 'test/replay/histories';
const SET = /^[a-z0-9][a-z0-9-]{0,30}$/;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { out: { type: 'string' }, missing: { type: 'boolean' } },
  });
  const [set, ...rest] = positionals;
  if (set === undefined || rest.length > 0 || !SET.test(set))
    throw new Error(
      'usage: node dist/test/support/record-histories.js SET [--out FOLDER] [--missing], as SET the day: 2026-11-23',
    );
  const save = saver(values.out ?? FOLDER, set);
  const folder = makeRunFolder();
  const services = [await startTestPostgres(folder), await startTestTemporal(folder)];
  try {
    Object.assign(process.env, ...services.map((one) => one.env));
    const known = values.missing === true ? recorded(values.out ?? FOLDER) : new Set<string>();
    await playAll({}, without(known, { ...SCENARIOS, ...FURTHER_SCENES, ...RACE_SCENES }), save);
    await playAll(
      { searchAttributes: false },
      without(known, { 'without-search-attributes': must('decline-then-next') }),
      save,
    );
    const eager = await startDevServer({ 'limit.historyCount.suggestContinueAsNew': '8' });
    await playAll({ address: eager.address }, without(known, { 'continued-as-new': mustContinue }), save);
    await eager.stop();
  } finally {
    await Promise.all(services.map((one) => one.stop()));
    await removeRunFolder(folder, process.pid);
  }
}

/** Names of the scenes that have a history. */
function recorded(folder: string): Set<string> {
  return new Set(existsSync(folder) ? readdirSync(folder).map((file) => file.split('.')[0] ?? '') : []);
}

function without(known: Set<string>, scenes: Record<string, Scene>): Record<string, Scene> {
  return Object.fromEntries(Object.entries(scenes).filter(([name]) => !known.has(name)));
}

function must(name: string): Scene {
  const scene = SCENARIOS[name];
  if (scene === undefined) throw new Error(`no scene ${name}`);
  return scene;
}

/** The first run of a booking that went on as a new one. */
async function mustContinue(...[stage]: Parameters<Scene>): Promise<Booked> {
  const booked = await must('decline-then-next')(stage);
  return booked.firstRun();
}

type Save = (name: string, booked: Booked) => Promise<void>;

async function playAll(ground: RealStageOptions, scenes: Record<string, Scene>, save: Save): Promise<void> {
  if (Object.keys(scenes).length === 0) return;
  const stage = await openRealStage(ground);
  try {
    for (const [name, scene] of Object.entries(scenes)) {
      await save(name, await scene(stage));
      await stage.clear();
    }
  } finally {
    await stage.close();
  }
}

function saver(folder: string, set: string): Save {
  mkdirSync(folder, { recursive: true });
  return async (name, booked) => {
    const file = join(folder, `${name}.${set}.json`);
    if (existsSync(file)) {
      process.stdout.write(`${file}: there already, left as it is\n`);
      return;
    }
    const history = await booked.rawHistory();
    const text = `${JSON.stringify(JSON.parse(historyToJSON(history)), null, 1)}\n`;
    writeFileSync(file, text, { flag: 'wx' });
    process.stdout.write(
      `${file}: ${history.events?.length ?? 0} events, ${Buffer.byteLength(text)} bytes\n`,
    );
  };
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(
      `record-histories: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    process.exit(1);
  },
);
