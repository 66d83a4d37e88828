// Ctrl-C and its like: the first stops in order, the second kills.

/** npm hands every Ctrl-C on to us although the terminal has sent it already: the two are one. */
const SAME_SIGNAL_MS = process.env['npm_lifecycle_event'] === undefined ? 50 : 800;
const LOOK_FOR_NPM_MS = 1_000;

/**
 * Listens for the signals that end a program.
 * @param onFirst stop in order; called once, with what asked for it
 * @param onSecond kill everything
 */
export function listenForStop(onFirst: (why: string) => void, onSecond: () => void): void {
  let firstAt: number | undefined;
  const ask = (why: string): void => {
    if (firstAt === undefined) {
      firstAt = Date.now();
      onFirst(why);
    } else if (Date.now() - firstAt > SAME_SIGNAL_MS) onSecond();
  };
  process.on('SIGINT', () => ask('Ctrl-C'));
  process.on('SIGTERM', () => ask('SIGTERM'));
  process.on('SIGHUP', () => ask('the end of the terminal'));
  if (process.env['npm_lifecycle_event'] === undefined) return;
  // npm killed with -9 cannot hand anything on; without this the system would run on with nobody at the door.
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    if (firstAt === undefined) ask('the end of npm');
  }, LOOK_FOR_NPM_MS);
  timer.unref();
}
