import {
  DELETE_TYPE,
  type Dialect,
  faulty,
  formatPackId,
  type Parsed,
  type Position,
  parseBlock,
  parsed,
  positionOf,
  readMessage,
} from '@p2pmsg/protocol'

/** A message of the log on its way into its table. */
export type MessageRow = Readonly<{
  position: Position
  id: Uint8Array
  receiver: Uint8Array
  author: Uint8Array
  topic: string
  /** Sender's clock, Unix microseconds; the edge's where the message names no time. */
  seq: bigint
  receivedMs: number
  dialect: Dialect
  type: string
  replyTo: Uint8Array | undefined
  /** Unix seconds. */
  expires: number | undefined
  /** As signed. */
  message: Uint8Array
  /** The message that this one removes. */
  removes: Uint8Array | undefined
}>

/** What makes a record of the log impossible to apply: never passed over, it stops its partition. */
export type BlockFault = 'bad-block' | 'other-partition' | 'bad-message'

/**
 * Reads a record of MESSAGES. Ingest has judged and typed what is in it, so a fault here is no stranger's doing: the log is
 * damaged, or written by a release that this one does not understand.
 * @param streamSeq of the record: gives the messages their positions
 */
export function rowsOfBlock(
  bytes: Uint8Array,
  streamSeq: number,
  partition: number,
): Parsed<Readonly<{ packId: string; rows: readonly MessageRow[] }>, BlockFault> {
  const block = parseBlock(bytes)
  if (!block.ok) return block
  if (block.value.partition !== partition) return faulty('other-partition')
  const rows: MessageRow[] = []
  for (const [slot, { id, envelope }] of block.value.accepted.entries()) {
    const { receivedMs, dialect, payload } = envelope
    const message = readMessage({ dialect, receivedMs, bytes: payload })
    if (!message.ok) return faulty('bad-message')
    const { receiver, key, seq, content } = message.value
    const { topic, type, replyTo, expires } = content
    rows.push({
      position: positionOf(streamSeq, slot),
      id,
      receiver,
      author: key,
      topic,
      seq,
      receivedMs,
      dialect,
      type,
      replyTo,
      expires,
      message: payload,
      removes: type === DELETE_TYPE ? replyTo : undefined,
    })
  }
  return parsed({ packId: formatPackId(block.value.packId), rows })
}
