/** @param values milliseconds, in any order @returns nearest-rank percentiles; zeros of an empty list */
export function percentiles(
  values: readonly number[],
): Readonly<{ p50: number; p95: number; p99: number; max: number }> {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) }
}
