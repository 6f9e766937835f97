const BAR_CHARACTERS = 48
const BUCKETS = 12

/** @param share 0–1 @returns the value that this share of the sample does not exceed */
export function quantile(sample: readonly number[], share: number): number {
  const sorted = sample.toSorted((a, b) => a - b)
  return sorted[Math.max(Math.ceil(sorted.length * share) - 1, 0)] ?? Number.NaN
}

/** Rows under a head, in columns. */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const text = [head, ...rows].map((row) => row.map(String))
  const widths = head.map((_, column) => Math.max(...text.map((row) => row[column]?.length ?? 0)))
  return text
    .map((row) =>
      row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  '),
    )
    .join('\n')
}

/** How often which value, as bars. */
export function plot(title: string, sample: readonly number[], unit: string): string {
  if (sample.length === 0) return `${title}: nothing`
  const [low, high] = [Math.min(...sample), Math.max(...sample)]
  const width = Math.max((high - low) / BUCKETS, 1)
  const counts = Array.from({ length: Math.floor((high - low) / width) + 1 }, () => 0)
  for (const value of sample) {
    const at = Math.floor((value - low) / width)
    counts[at] = (counts[at] ?? 0) + 1
  }
  const most = Math.max(...counts)
  const lines = counts.map((count, i) => {
    const from = Math.round(low + i * width)
    return `${String(from).padStart(8)} ${unit} ${'█'.repeat(Math.round((count / most) * BAR_CHARACTERS))} ${count}`
  })
  return [title, ...lines].join('\n')
}

export function say(...parts: readonly string[]): void {
  process.stdout.write(`\n${parts.join('\n\n')}\n`)
}
