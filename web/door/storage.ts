/** Storage that is forbidden or full must not end a page: it only forgets. */

/** What is kept under `key`, parsed; null when there is nothing, or nothing that can be read. */
export function recall<T>(storage: () => Storage, key: string): T | null {
  try {
    const text = storage().getItem(key);
    return text === null ? null : (JSON.parse(text) as T);
  } catch {
    return null;
  }
}

/** Keeps `value` under `key`; null removes it. */
export function keep(storage: () => Storage, key: string, value: unknown): void {
  try {
    if (value === null) storage().removeItem(key);
    else storage().setItem(key, JSON.stringify(value));
  } catch {
    // Not kept: the page works without.
  }
}
