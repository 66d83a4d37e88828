// The bar of history:replay on a terminal: it moves, what is printed beside it stays whole, and the cursor comes back.
import { Writable } from 'node:stream';
import { showProgress } from '../../tools/history/progress.js';
import { eventually } from '../support/waiting.js';

const [HIDDEN, SHOWN] = ['\u001b[?25l', '\u001b[?25h'];
/** What moves the cursor and clears a line. */
const CONTROLS = new RegExp(`${'\u001b'}\\[[0-9?]*[A-Za-z]|\r`, 'g');

/** A terminal that keeps what it was sent. */
class Terminal extends Writable {
  readonly isTTY = true;
  readonly columns = 100;
  text = '';

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk.toString();
    done();
  }

  /** Without the controls. */
  get words(): string {
    return this.text.replace(CONTROLS, '');
  }
}

const own = Object.getOwnPropertyDescriptor(process, 'stderr') as PropertyDescriptor;
const { isTTY } = process.stdout;
let terminal: Terminal;
beforeEach(() => {
  terminal = new Terminal();
  Object.defineProperty(process, 'stderr', { value: terminal, configurable: true, writable: true });
  process.stdout.isTTY = true;
});
afterEach(() => {
  Object.defineProperty(process, 'stderr', own);
  process.stdout.isTTY = isTTY;
});

const sees = (words: string) =>
  eventually(`"${words}", not ${terminal.words}`, () => terminal.words.includes(words));

test('the bar tells how many are done and how many differ, and gives the cursor back', async () => {
  const progress = showProgress(4);
  try {
    await sees('0/4 replayed | 0 differ');
    expect(terminal.text).toContain(HIDDEN);
    expect(terminal.text).not.toContain(SHOWN);
    progress.step(0);
    progress.step(1);
    await sees('2/4 replayed | 1 differ');
    progress.step(1);
  } finally {
    progress.stop();
  }
  // The last step is seen although nobody waited for the bar to be drawn again.
  expect(terminal.words).toContain('3/4 replayed | 1 differ');
  expect(terminal.text.lastIndexOf(SHOWN)).toBeGreaterThan(terminal.text.lastIndexOf(HIDDEN));
  expect(terminal.words.endsWith('\n')).toBe(true);
});

test('a line that is printed stands on a line of its own, above the bar', async () => {
  const progress = showProgress(2);
  try {
    await sees('0/2 replayed');
    progress.print('DIFFERS     booking-1');
    progress.step(1);
    await sees('1/2 replayed | 1 differ');
    expect(terminal.words).toMatch(/DIFFERS {5}booking-1\n.*1\/2 replayed/);
  } finally {
    progress.stop();
  }
  expect(terminal.words.match(/DIFFERS/g)).toHaveLength(1);
});

test('a line that is printed right before the end is shown all the same', async () => {
  const progress = showProgress(1);
  progress.print('DIFFERS     booking-2');
  progress.step(1);
  progress.stop();
  expect(terminal.words).toContain('DIFFERS     booking-2\n');
});
