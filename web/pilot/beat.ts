const EVERY_MS = 1_000;

/** Calls about every second, in the background too where the browser allows it; answers what stops it. */
export function beat(call: () => void): () => void {
  try {
    const worker = new Worker(new URL('./beat.worker.ts', import.meta.url), { type: 'module' });
    let timer: ReturnType<typeof setInterval> | undefined;
    worker.onmessage = call;
    worker.onerror = () => (timer ??= setInterval(call, EVERY_MS));
    return () => {
      worker.terminate();
      clearInterval(timer);
    };
  } catch {
    const timer = setInterval(call, EVERY_MS);
    return () => clearInterval(timer);
  }
}
