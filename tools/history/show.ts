/** `npm run history:show`: the timeline of a recorded history, in the terminal or as one page. */
import { writeFileSync } from 'node:fs';
import { HistoryError, readArguments, runCommand } from './command.js';
import { htmlPage } from './html-page.js';
import { historyFiles, readCodec, readHistoryFile, toRecorded } from './recorded.js';
import { terminalPage } from './terminal-page.js';
import { timelineOf } from './timeline.js';

const USAGE = `npm run history:show -- <file> [--all] [--html <out.html>]

Draws the timeline of a recorded history: events with their times, offers, timers with their summaries,
signals, and what each activity answered.

  <file>               a history as JSON: of history:record, or of temporal workflow show -o json
  --all                the workflow tasks too
  --html <out.html>    writes one self-contained page instead; a file that is there is written over

Encrypted payloads are decrypted with the keys in PAYLOAD_KEYS; without, they are shown as encrypted.

Exit code: 0 shown; 2 bad arguments, or a file that holds no history.
`;

async function show(args: string[]): Promise<number> {
  const { values, positionals } = readArguments(args, {
    all: { type: 'boolean' },
    html: { type: 'string' },
  });
  const [path, ...more] = positionals;
  if (path === undefined || more.length > 0) throw new HistoryError('Name one file.', 2);
  if (values.html === '') throw new HistoryError('--html must be a file name.', 2);
  const [file, ...others] = historyFiles(path);
  if (file === undefined || others.length > 0)
    throw new HistoryError(`${path}: is a folder of several; name one file.`, 2);
  const { history } = await readHistoryFile(file, readCodec());
  const timeline = timelineOf(toRecorded(history));
  if (values.html === undefined) {
    const colours = process.stdout.isTTY && (process.env['NO_COLOR'] ?? '') === '';
    process.stdout.write(terminalPage(timeline, { colours, everything: values.all === true }));
    return 0;
  }
  writeFileSync(values.html, htmlPage(timeline));
  process.stdout.write(`${values.html}: ${timeline.entries.length} events\n`);
  return 0;
}

void runCommand('history:show', USAGE, show);
