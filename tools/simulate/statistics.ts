/** The value that `part` (0 to 1) of the values do not exceed, by nearest rank; null without values. */
export function percentile(values: readonly number[], part: number): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  const rank = Math.min(sorted.length, Math.max(1, Math.ceil(part * sorted.length)));
  return sorted[rank - 1] ?? null;
}

/** The middle value, by nearest rank; null without values. */
export function median(values: readonly number[]): number | null {
  return percentile(values, 0.5);
}
