import { toText, utf8 } from '../bytes/bytes.ts'
import type { Reader } from '../bytes/reader.ts'
import type { Writer } from '../bytes/writer.ts'
import { KEY_BYTES, TOPIC_BYTES_MAX } from '../limits.ts'

/**
 * A wish to be sent one receiver's accepted messages, in the feed's order. Big-endian:
 *   tap       u16       the client's name for it
 *   receiver  32 bytes
 *   after     u64       position to go on behind; 0 = from the start
 *   author    u8 0; or u8 1 and 32 bytes: only this author's
 *   topic     u8 0; or u8 1, u8 length 0–32 and UTF-8: only this topic, where empty means messages without one
 */
export type Tap = Readonly<{
  tap: number
  receiver: Uint8Array
  after: bigint
  author: Uint8Array | undefined
  topic: string | undefined
}>

export function writeTap(writer: Writer, tap: Tap): Writer {
  return writer
    .u16(tap.tap)
    .bytes(tap.receiver)
    .u64(tap.after)
    .optional(tap.author, (w, author) => w.bytes(author))
    .optional(tap.topic, (w, topic) => {
      const bytes = utf8(topic)
      return w.u8(bytes.length).bytes(bytes)
    })
}

export function readTap(reader: Reader): Tap {
  return {
    tap: reader.u16(),
    receiver: reader.bytes(KEY_BYTES),
    after: reader.u64(),
    author: reader.optional((r) => r.bytes(KEY_BYTES)),
    topic: reader.optional(readTopic),
  }
}

function readTopic(reader: Reader): string {
  const length = reader.u8()
  if (length > TOPIC_BYTES_MAX) reader.fail()
  const topic = toText(reader.bytes(length))
  if (topic === undefined) reader.fail()
  return topic ?? ''
}
