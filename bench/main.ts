/** `npm run bench`: measures, one group of figures after the other, and writes what it found. */
import { readFileSync } from 'node:fs';
import { BadArgumentsError, USAGE, readArguments, type BenchArguments } from './arguments.js';
import { fallsBetween, parseResults, type Results } from './compare.js';
import type { Bench, Figure, FigureGroup } from './figure.js';
import { GROUPS } from './groups.js';
import { Ground } from './ground.js';
import { line, machine, shown, writeResults, writeTable } from './report.js';

const EXIT = { failed: 1, fallen: 1, badArguments: 2 } as const;

async function main(): Promise<void> {
  const names = GROUPS.map((group) => group.name);
  let args: BenchArguments | 'help';
  let earlier: Results | null = null;
  try {
    args = readArguments(process.argv.slice(2), names);
    if (args !== 'help' && args.compare !== null) earlier = readEarlier(args.compare);
  } catch (error) {
    if (!(error instanceof BadArgumentsError)) throw error;
    process.stderr.write(`bench: ${error.message}\n`);
    process.exitCode = EXIT.badArguments;
    return;
  }
  if (args === 'help') {
    process.stdout.write(USAGE.replace('GROUPS', names.join(', ')));
    return;
  }
  const results = await measure(args);
  process.stdout.write(`${writeResults(results)} written\n`);
  if (args.only.length === 0) writeTable(results);
  if (earlier !== null) reportFalls(earlier, results);
}

function readEarlier(file: string): Results {
  try {
    return parseResults(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new BadArgumentsError(
      `--compare ${file}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

async function measure({ quick, only }: BenchArguments): Promise<Results> {
  const say = (text: string): void => void process.stderr.write(`${text}\n`);
  const ground = await Ground.open(say);
  const leave = (): void => void ground.close().finally(() => process.exit(130));
  process.once('SIGINT', leave).once('SIGTERM', leave);
  const bench: Bench = { quick, ground, say };
  const figures: Figure[] = [];
  try {
    for (const group of GROUPS.filter(({ name }) => only.length === 0 || only.includes(name))) {
      const startedAt = performance.now();
      say(`${group.name} …`);
      const found = await figuresOf(group, bench);
      for (const figure of found) process.stdout.write(`${line(figure)}\n`);
      figures.push(...found);
      say(`${group.name}: ${((performance.now() - startedAt) / 1000).toFixed(0)} s`);
    }
  } finally {
    process.off('SIGINT', leave).off('SIGTERM', leave);
    await ground.close();
  }
  return { machine: machine(), at: new Date().toISOString(), quick, figures };
}

/** One group that fails costs its own figures, not the hour of the others; the command then ends with 1. */
async function figuresOf(group: FigureGroup, bench: Bench): Promise<Figure[]> {
  try {
    return await group.run(bench);
  } catch (error) {
    bench.say(
      `FAILED  ${group.name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
    process.exitCode = EXIT.failed;
    return [];
  }
}

function reportFalls(before: Results, after: Results): void {
  const falls = fallsBetween(before, after);
  for (const fall of falls)
    process.stdout.write(
      `FELL  ${fall.figure}: ratio ${shown(fall.before)} → ${shown(fall.after)} (${(fall.by * 100).toFixed(0)} % worse)\n`,
    );
  if (falls.length === 0) process.stdout.write('No ratio fell by more than a fifth.\n');
  else process.exitCode = EXIT.fallen;
}

await main();
