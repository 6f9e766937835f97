import {
  type Draft,
  encodeContent,
  HASH_BYTES,
  type KeyPair,
  type Message,
  parseContent,
  saltOf,
  signItem,
  TOPIC_BYTES_MAX,
  toText,
  UNIX_SECONDS_MAX,
  utf8,
} from '@p2pmsg/protocol'
import { BadDraft } from './failures.ts'

/** What a message says, and under which topic (default: the address's). */
export type MessageDraft = Draft & Readonly<{ topic?: string }>

/**
 * A clock for `seq`: Unix microseconds that never repeat, so that two messages with one text are two messages.
 * @param nowMs Unix milliseconds, with a fraction where the clock has one
 */
export class SeqClock {
  #last = 0n
  readonly #nowMs: () => number

  constructor(nowMs: () => number = () => performance.timeOrigin + performance.now()) {
    this.#nowMs = nowMs
  }

  next(): bigint {
    const now = BigInt(Math.floor(this.#nowMs() * 1000))
    this.#last = now > this.#last ? now : this.#last + 1n
    return this.#last
  }
}

/** @throws {BadDraft} naming the first rule that the draft breaks */
export function composeMessage(draft: MessageDraft, keys: KeyPair, receiver: Uint8Array, seq: bigint): Message {
  checkDraft(draft)
  const topic = utf8(draft.topic ?? '')
  const salt = saltOf(receiver, topic)
  const value = encodeContent(draft)
  if (!parseContent({ salt, value }).ok) throw new BadDraft('no router would take such a message')
  return signItem(keys, { salt, seq, value })
}

/** @throws {BadDraft} naming the first rule that the draft breaks */
export function checkDraft(draft: MessageDraft): void {
  const trouble = troubleWith(draft)
  if (trouble !== undefined) throw new BadDraft(trouble)
}

function troubleWith(draft: MessageDraft): string | undefined {
  const { text, body, type, replyTo, expires } = draft
  const topic = utf8(draft.topic ?? '')
  if (topic.length > TOPIC_BYTES_MAX) return `the topic has ${topic.length} bytes; at most ${TOPIC_BYTES_MAX} fit`
  if (toText(topic) === undefined) return 'the topic holds U+0000'
  if (text !== undefined && body !== undefined) return 'a message has a text or a body, not both'
  if (text?.includes('\0')) return 'the text holds U+0000, which no feed can show'
  const isText = type === undefined || type.startsWith('text/')
  if (body && isText && toText(body) === undefined) return 'the body is not UTF-8 text: name its content type'
  if (type !== undefined && !/^[\x20-\x7e]{1,127}$/.test(type)) return 'a type is 1 to 127 printable ASCII characters'
  if (replyTo && replyTo.length !== HASH_BYTES) return 'a message id is 64 hex digits'
  const ends = expires === undefined || (Number.isInteger(expires) && expires >= 0 && expires <= UNIX_SECONDS_MAX)
  return ends ? undefined : 'the expiry is not a time in whole Unix seconds'
}
