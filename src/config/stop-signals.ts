/** npm hands every Ctrl-C on to us although the terminal has sent it already: the two are one. */
const SAME_SIGNAL_MS = process.env['npm_lifecycle_event'] === undefined ? 50 : 800;

/** SIGTERM and Ctrl-C: the first calls `stop`, which ends the process in order; one that comes later ends it at once. */
export function onStopSignal(stop: () => void): void {
  let firstAt: number | null = null;
  const ask = (signal: NodeJS.Signals): void => {
    if (firstAt === null) {
      firstAt = performance.now();
      stop();
    } else if (performance.now() - firstAt > SAME_SIGNAL_MS) {
      process.removeListener(signal, ask);
      process.kill(process.pid, signal);
    }
  };
  process.on('SIGTERM', ask);
  process.on('SIGINT', ask);
}
