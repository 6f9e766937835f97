import { blockHash, EPOCH_SEQUENCES, epochOf, equalBytes, MESSAGES_STREAM } from '@p2pmsg/protocol'
import { type Bus, directGet, streamInfo } from '@p2pmsg/runtime'
import { CannotApply } from './cannot-apply.ts'

/** How far a partition is applied; 0 = nothing yet. */
export type Progress = Readonly<{ appliedSeq: number; appliedHash: Uint8Array | undefined }>
/** What of the log is there. An empty one begins behind its end. */
export type LogBounds = Readonly<{ firstSeq: number; lastSeq: number }>

/**
 * Whether the log goes on where the database stands, by the numbers alone. A log may begin anew only with an epoch of its own;
 * its first sequence tells, for trimming never passes what the slowest partition has applied.
 * @returns why not
 */
export function mismatch({ appliedSeq }: Progress, { firstSeq, lastSeq }: LogBounds): string | undefined {
  const epoch = epochOf(firstSeq)
  const epochBegin = Math.max(1, epoch * EPOCH_SEQUENCES)
  if (epochOf(appliedSeq) > epoch) {
    return `the log is of epoch ${epoch} and the database of epoch ${epochOf(appliedSeq)}`
  }
  if (appliedSeq === 0 || epochOf(appliedSeq) < epoch) {
    return firstSeq === epochBegin ? undefined : `blocks before ${firstSeq} were trimmed and this database lacks them`
  }
  if (lastSeq < appliedSeq) return `the log ends at ${lastSeq} and the database has applied ${appliedSeq}`
  if (firstSeq > appliedSeq + 1) return `the log begins at ${firstSeq} and the database has applied only ${appliedSeq}`
  return undefined
}

/**
 * Holds the log against the database, at each connect and take-over: same numbers, and the record that was applied last is
 * still that record.
 * @throws {CannotApply} they do not fit; says which command starts the next epoch
 * @throws {BusUnavailable}
 */
export async function checkLog(bus: Bus, progress: Progress): Promise<LogBounds> {
  const { state } = await streamInfo(bus, MESSAGES_STREAM)
  const bounds = { firstSeq: state.first_seq, lastSeq: state.last_seq }
  const why = mismatch(progress, bounds) ?? (await otherRecord(bus, progress, bounds))
  if (why) throw new CannotApply(`${why}; ${wayOut(progress, bounds)}`)
  return bounds
}

async function otherRecord(bus: Bus, progress: Progress, { firstSeq }: LogBounds): Promise<string | undefined> {
  const { appliedSeq, appliedHash } = progress
  if (appliedSeq < firstSeq || !appliedHash) return undefined
  const record = await directGet(bus, MESSAGES_STREAM, appliedSeq)
  if (!record) return `record ${appliedSeq}, which was applied last, is not in the log`
  return equalBytes(blockHash(record.data), appliedHash)
    ? undefined
    : `record ${appliedSeq} is not the one that was applied`
}

function wayOut(progress: Progress, bounds: LogBounds): string {
  const next = Math.max(epochOf(progress.appliedSeq), epochOf(bounds.firstSeq)) + 1
  return `if the old log is lost for good, \`p2pmsg admin epoch ${next} --yes\` starts the next one`
}
