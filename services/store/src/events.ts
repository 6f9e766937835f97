import { counter, gauge, type Histogram, histogram, type Logger } from '@p2pmsg/runtime'

/** What the store counts and logs: one function for each event. Bodies, keys and texts never appear. */
const ROWS_BUCKETS = [1, 3, 10, 30, 64, 100, 300, 600, 1_000, 1_100]

const batchRows: Histogram = histogram('store_batch_rows', 'Rows written by one transaction', ROWS_BUCKETS)
const commitSeconds: Histogram = histogram('store_commit_seconds', 'Time of one transaction')
const lagSeconds: Histogram = histogram(
  'store_lag_seconds',
  'From received at the edge to committed, newest of a batch',
)
const duplicates = counter('store_duplicates', 'Messages of the log that were stored before')
const fenced = counter('store_fenced', 'Transactions rolled back because another replica owns the partition')
const retries = counter('store_retries', 'Writers started again after a failure', 'code')
const stops = counter('store_stops', 'Times a partition stopped because log and database do not fit')
const trimmed = counter('store_trimmed_blocks', 'Blocks purged from MESSAGES')
const refusals = counter('store_refusals', 'Refusals kept for trace')
const badRefusals = counter('store_bad_refusals', 'Records of REFUSED that did not parse')
const indexedMessages = counter('store_indexed_messages', 'Messages whose words were put into the index')
const indexSeconds: Histogram = histogram('store_index_seconds', 'Time of one batch of the index of words')
const queries = counter('store_queries', 'Questions answered', 'query')
const queryFailures = counter('store_query_failures', 'Questions without an answer', 'reason')
const querySeconds: Histogram = histogram('store_query_seconds', 'Time of one question, waiting included')

export type Committed = Readonly<{
  partition: number
  lastSeq: number
  rows: number
  duplicates: number
  seconds: number
  /** Unix milliseconds; 0 = nothing was received. */
  lastReceivedMs: number
  packIds: readonly string[]
}>

export function committed(log: Logger, { seconds, lastReceivedMs, ...batch }: Committed): void {
  batchRows.record(batch.rows)
  commitSeconds.record(seconds)
  if (lastReceivedMs > 0) lagSeconds.record(Math.max(0, (Date.now() - lastReceivedMs) / 1000))
  duplicates.add(batch.duplicates)
  log.debug({ ...batch, ms: seconds * 1000 }, 'committed')
}

export function stoodDown(log: Logger, partition: number): void {
  fenced.add()
  log.warn({ partition }, 'another replica owns this partition; nothing was written')
}

export function writerFailed(log: Logger, partition: number, err: unknown, attempt: number): void {
  const code = (err as { code?: unknown } | undefined)?.code
  retries.add(1, typeof code === 'string' ? code : 'UNKNOWN')
  log.warn({ partition, err, attempt }, 'a writer starts again')
}

/** The alert: somebody has to look. The gauge `store_stopped_partitions` stays up until it is mended. */
export function partitionStopped(log: Logger, partition: number, err: unknown): void {
  stops.add()
  log.error({ partition, err }, 'partition stopped: log and database do not fit; nothing is skipped')
}

export function taken(log: Logger, partition: number, fence: bigint): void {
  log.info({ partition, fence: String(fence) }, 'partition taken')
}

export function handedBack(log: Logger, partition: number): void {
  log.info({ partition }, 'partition handed back')
}

export function leaseLost(log: Logger, partition: number): void {
  log.warn({ partition }, 'the lease of a partition was lost')
}

export function leasesUncertain(log: Logger, err: unknown): void {
  log.warn({ err }, 'leases cannot be renewed')
}

export function logTrimmed(log: Logger, below: number, blocks: number): void {
  trimmed.add(blocks)
  log.info({ below, blocks }, 'log trimmed')
}

export function choreFailed(log: Logger, chore: string, err: unknown): void {
  log.warn({ chore, err }, 'a chore is put off')
}

export function refusalsKept(count: number): void {
  refusals.add(count)
}

export function badRefusal(log: Logger, seq: number): void {
  badRefusals.add()
  log.error({ seq }, 'a record of REFUSED does not parse; left out')
}

export function indexed(messages: number, seconds: number): void {
  indexedMessages.add(messages)
  indexSeconds.record(seconds)
}

export function answered(query: string, seconds: number): void {
  queries.add(1, query)
  querySeconds.record(seconds)
}

export function unanswered(
  log: Logger,
  query: string,
  reason: 'malformed' | 'not-allowed' | 'busy' | 'unavailable',
  err?: unknown,
): void {
  queryFailures.add(1, reason)
  if (err) log.warn({ query, err }, 'a question stays without an answer')
}

/** Shows what this replica holds. */
export function watchPartitions(read: () => Readonly<{ owned: number; stopped: number }>): void {
  gauge('store_partitions_owned', 'Partitions that this replica writes', () => read().owned)
  gauge('store_stopped_partitions', 'Partitions of this replica that cannot go on', () => read().stopped)
}
