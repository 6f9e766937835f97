import {
  type Draft,
  type Envelope,
  encodeContent,
  encodeMessage,
  keyPairFromSeed,
  type Message,
  saltOf,
  signItem,
  utf8,
} from '@p2pmsg/protocol'

export const AUTHOR = keyPairFromSeed(Buffer.alloc(32, 1))
export const RECEIVER = keyPairFromSeed(Buffer.alloc(32, 2))
/** Any time will do: nothing here reads a clock. Unix milliseconds. */
export const RECEIVED_MS = 1_700_000_000_000

export function aMessage(draft: Draft = { text: 'hello' }, given: { seqMs?: number; topic?: string } = {}): Message {
  const salt = saltOf(RECEIVER.publicKey, utf8(given.topic ?? ''))
  const seq = BigInt(given.seqMs ?? RECEIVED_MS) * 1000n
  return signItem(AUTHOR, { salt, seq, value: encodeContent(draft) })
}

export function anEnvelope(message: Message | Uint8Array = aMessage(), given: Partial<Envelope> = {}): Envelope {
  const payload = message instanceof Uint8Array ? message : encodeMessage(message)
  return { receivedMs: RECEIVED_MS, dialect: 'krpc', payload, ...given }
}

export function forged(message: Message): Message {
  return { ...message, signature: Buffer.from(message.signature).reverse() }
}
