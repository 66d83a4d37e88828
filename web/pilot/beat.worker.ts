// A page in the background gets its timers once a minute at best, and a position is stale by then; a worker's run on.
const EVERY_MS = 1_000;

setInterval(() => self.postMessage(null), EVERY_MS);
