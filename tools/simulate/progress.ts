/** Shows how far a run is: a bar on a terminal, a line every few seconds elsewhere. */
import cliProgress from 'cli-progress';

export interface Standings {
  ended: number;
  assigned: number;
  searching: number;
  failed: number;
  /** Hour of the simulated day. */
  hour: number;
}

const EVERY_MS = 200;
const LINE_EVERY_MS = 5_000;

/** Shows `read()` until the answered function is called. */
export function showProgress(total: number, read: () => Standings): () => void {
  return process.stderr.isTTY ? showBar(total, read) : showLines(total, read);
}

function showBar(total: number, read: () => Standings): () => void {
  const bar = new cliProgress.SingleBar({
    format:
      '{bar} {value}/{total} ended | {assigned} on their way, {searching} searching, {failed} failed | {clock}',
    barsize: 28,
    hideCursor: true,
    stream: process.stderr,
  });
  const update = (): void => {
    const { hour, ...standings } = read();
    bar.update(standings.ended, { ...standings, clock: clockOf(hour) });
  };
  bar.start(total, 0, { assigned: 0, searching: 0, failed: 0, clock: clockOf(0) });
  const timer = setInterval(update, EVERY_MS);
  return () => {
    clearInterval(timer);
    update();
    bar.stop();
  };
}

function showLines(total: number, read: () => Standings): () => void {
  const write = (): void => {
    const { ended, assigned, searching, failed, hour } = read();
    process.stderr.write(
      `${ended}/${total} ended, ${assigned} on their way, ${searching} searching, ${failed} failed, ${clockOf(hour)}\n`,
    );
  };
  const timer = setInterval(write, LINE_EVERY_MS);
  return () => {
    clearInterval(timer);
    write();
  };
}

function clockOf(hour: number): string {
  const minutes = Math.floor(hour * 60) % 1_440;
  return `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')} in the city`;
}
