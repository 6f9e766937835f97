import { randomBytes } from 'node:crypto'
import { encodeContent, keyPairFromSeed, type Message, saltOf, signItem, utf8 } from '@p2pmsg/protocol'

/** Text of one message, bytes: about what people write. */
const TEXT_BYTES = 140

/** @returns `count` messages of one new author, each with its own `seq`, oldest first */
export function signMessages(receiver: Uint8Array, count: number, topic = ''): Message[] {
  const author = keyPairFromSeed(randomBytes(32))
  const salt = saltOf(receiver, utf8(topic))
  const firstSeq = BigInt(Date.now()) * 1000n
  return Array.from({ length: count }, (_, i) => {
    const text = `message ${i} of ${count} `.padEnd(TEXT_BYTES, '.')
    return signItem(author, { salt, seq: firstSeq + BigInt(i), value: encodeContent({ text }) })
  })
}
