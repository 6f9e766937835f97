import { type Bencoded, decodeCanonical } from '../bytes/bencode.ts'
import { bencode, type Encodable } from '../bytes/bencode-encode.ts'
import { toText } from '../bytes/bytes.ts'
import { Dict } from '../bytes/dict.ts'
import { HASH_BYTES, UNIX_SECONDS_MAX } from '../limits.ts'
import { faulty, type Parsed, parsed } from '../parsed.ts'
import { type Message, topicOf } from './message.ts'

/** What a message says, typed so that whatever is accepted can be stored, searched and printed. */
export type Content = Readonly<{
  /** Valid UTF-8 without U+0000. */
  topic: string
  /** `text/plain` unless the sender named another, 1–127 printable ASCII characters. */
  type: string
  /** As signed; empty where the type needs none. */
  body: Uint8Array
  /** The body of a text type. */
  text: string | undefined
  /** The id of the message that this one answers or removes, 32 bytes. */
  replyTo: Uint8Array | undefined
  /** Unix seconds. */
  expires: number | undefined
  /** Of a profile. */
  profile: Readonly<{ name: string; about: string }> | undefined
}>

export const PROFILE_TYPE = 'p2pmsg/profile'
export const DELETE_TYPE = 'p2pmsg/delete'
export const SEALED_TYPE = 'p2pmsg/sealed'
const PLAIN_TEXT = 'text/plain'
const TYPE = /^[\x20-\x7e]{1,127}$/

/**
 * Applies the typing rules: topic, bodies of text types and profile fields are text; `t` is short ASCII; `r` is an id;
 * `x` is a time that every format can print. Unknown keys stay in the signed bytes and are not looked at.
 */
export function parseContent(message: Pick<Message, 'salt' | 'value'>): Parsed<Content, 'malformed'> {
  const topic = toText(topicOf(message))
  const decoded = decodeCanonical(message.value)
  if (topic === undefined || !decoded.ok) return faulty('malformed')
  if (decoded.value instanceof Uint8Array) return plainText(topic, decoded.value)
  if (decoded.value instanceof Dict) return fromDict(topic, decoded.value)
  return faulty('malformed')
}

function plainText(topic: string, body: Uint8Array): Parsed<Content, 'malformed'> {
  const text = toText(body)
  if (text === undefined) return faulty('malformed')
  return parsed({ topic, type: PLAIN_TEXT, body, text, replyTo: undefined, expires: undefined, profile: undefined })
}

function fromDict(topic: string, dict: Dict): Parsed<Content, 'malformed'> {
  const type = dict.get('t') === undefined ? PLAIN_TEXT : asType(dict.get('t'))
  if (type === undefined) return faulty('malformed')
  const body = dict.bytes('b')
  if (body === undefined && (dict.get('b') !== undefined || !needsNoBody(type))) return faulty('malformed')
  const text = body !== undefined && isText(type) ? toText(body) : undefined
  if (body !== undefined && isText(type) && text === undefined) return faulty('malformed')

  const replyTo = dict.bytes('r')
  if (dict.get('r') !== undefined && replyTo?.length !== HASH_BYTES) return faulty('malformed')
  if (type === DELETE_TYPE && replyTo === undefined) return faulty('malformed')
  const expires = asExpiry(dict.get('x'))
  if (expires === 'bad') return faulty('malformed')
  const profile = type === PROFILE_TYPE ? asProfile(dict) : undefined
  if (profile === 'bad') return faulty('malformed')
  return parsed({ topic, type, body: body ?? new Uint8Array(0), text, replyTo, expires, profile })
}

function needsNoBody(type: string): boolean {
  return type === DELETE_TYPE || type === PROFILE_TYPE
}

export function isText(type: string): boolean {
  return type.startsWith('text/')
}

function asType(value: Bencoded | undefined): string | undefined {
  const text = value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : ''
  return TYPE.test(text) ? text : undefined
}

function asExpiry(value: Bencoded | undefined): number | undefined | 'bad' {
  if (value === undefined) return undefined
  if (typeof value !== 'bigint' || value < 0n || value > BigInt(UNIX_SECONDS_MAX)) return 'bad'
  return Number(value)
}

function asProfile(dict: Dict): Content['profile'] | 'bad' {
  const name = dict.get('name') ?? new Uint8Array(0)
  const about = dict.get('about') ?? new Uint8Array(0)
  if (!(name instanceof Uint8Array) || !(about instanceof Uint8Array)) return 'bad'
  const texts = { name: toText(name), about: toText(about) }
  return texts.name === undefined || texts.about === undefined ? 'bad' : { name: texts.name, about: texts.about }
}

/** What a sender fills in; text alone becomes the short form, a byte string. */
export type Draft = Readonly<{
  text?: string
  body?: Uint8Array
  type?: string
  replyTo?: Uint8Array
  /** Unix seconds. */
  expires?: number
  name?: string
  about?: string
}>

/** @returns the bencoded `v` of a message */
export function encodeContent(draft: Draft): Uint8Array {
  const { text, type, replyTo, expires, name, about } = draft
  const body = draft.body ?? text
  const plain = type === undefined && replyTo === undefined && expires === undefined && name === undefined
  if (plain && about === undefined && body !== undefined) return bencode(body)
  const dict: { [key: string]: Encodable | undefined } = { b: body, t: type, r: replyTo, x: expires, name, about }
  return bencode(dict)
}
