import { useEffect, useState } from 'preact/hooks';

/** Renders again every `everyMs` while `on`; answers how often it has. */
export function useTicking(everyMs: number, on = true): number {
  const [count, setCount] = useState(0);
  useEffect(() => {
    if (!on) return undefined;
    const timer = setInterval(() => setCount((before) => before + 1), everyMs);
    return () => clearInterval(timer);
  }, [everyMs, on]);
  return count;
}
