/** How far a replay of many is: a bar on a terminal, a line every few seconds elsewhere. */
import cliProgress from 'cli-progress';

export interface Progress {
  /** One more was looked at. */
  step: (differing: number) => void;
  /** Prints a line without tearing the bar. */
  print: (line: string) => void;
  stop: () => void;
}

const LINE_EVERY_MS = 5_000;

/** Shows the progress through `total` histories on stderr. */
export function showProgress(total: number): Progress {
  return process.stderr.isTTY ? bar(total) : lines(total);
}

function bar(total: number): Progress {
  const bars = new cliProgress.MultiBar({
    format: '{bar} {value}/{total} replayed | {differing} differ | {eta_formatted} left',
    barsize: 28,
    hideCursor: true,
    stream: process.stderr,
  });
  const only = bars.create(total, 0, { differing: 0 });
  return {
    step: (differing) => only.increment(1, { differing }),
    // Into a file it goes as it is: the bar is on the terminal alone.
    print: (line) => void (process.stdout.isTTY ? bars.log(`${line}\n`) : process.stdout.write(`${line}\n`)),
    stop: () => {
      // What was printed a moment ago still waits for the bar to be drawn again.
      bars.update();
      bars.stop();
    },
  };
}

function lines(total: number): Progress {
  let done = 0;
  let differing = 0;
  const write = (): void => void process.stderr.write(`${done}/${total} replayed, ${differing} differ\n`);
  const timer = setInterval(write, LINE_EVERY_MS);
  return {
    step: (now) => {
      done += 1;
      differing = now;
    },
    print: (line) => void process.stdout.write(`${line}\n`),
    stop: () => {
      clearInterval(timer);
      write();
    },
  };
}
