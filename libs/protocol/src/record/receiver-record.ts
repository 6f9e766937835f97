import { createHash } from 'node:crypto'
import { decodeCanonical } from '../bytes/bencode.ts'
import { bencode } from '../bytes/bencode-encode.ts'
import { concat, equalBytes, toText, utf8 } from '../bytes/bytes.ts'
import { Dict } from '../bytes/dict.ts'
import { KEY_BYTES, UNIX_SECONDS_MAX } from '../limits.ts'
import { type Endpoint, formatEndpoint, parseEndpoint } from '../message/endpoint.ts'
import { type Item, itemOf, signItem, verifyItem } from '../message/item.ts'
import type { KeyPair } from '../message/signature.ts'
import { faulty, type Parsed, parsed } from '../parsed.ts'
import { type Delegation, encodeDelegation, parseDelegation } from '../receipt/delegation.ts'

/**
 * How a receiver is reached, signed by its key as a BEP 44 mutable item under salt `p2pmsg`. Members of `v`:
 *   d  bytes         the receipt key's delegation ({@link encodeDelegation})
 *   e  list of text  UDP end points of routers, `host:port`, 1–8
 *   f  text          http(s) URL of the feed (optional)
 *   h  text          http(s) URL to POST messages to (optional)
 *   l  int           largest `v` over UDP, bytes
 *   p  32 bytes      X25519 key of the routers' pipe (optional)
 *   s  32 bytes      X25519 key to seal bodies to (optional)
 *   x  int           expiry, Unix seconds
 */
export type ReceiverRecord = Readonly<{
  delegation: Delegation
  endpoints: readonly Endpoint[]
  feedUrl: string | undefined
  postUrl: string | undefined
  valueBytesMax: number
  pipeKey: Uint8Array | undefined
  sealKey: Uint8Array | undefined
  expires: number
}>

export const RECORD_SALT: Uint8Array = utf8('p2pmsg')
/** A record travels in one KRPC reply with a token and nodes, bytes of `v`. */
export const RECORD_BYTES_MAX = 600
/** Of one record; more routers behind one name need no more. */
export const RECORD_ENDPOINTS_MAX = 8

export type RecordFault = 'malformed' | 'bad-signature' | 'too-large'

/** Where BEP 44 keeps a mutable item: SHA-1(key ‖ salt), 20 bytes. */
export function recordTarget(receiver: Uint8Array): Uint8Array {
  return createHash('sha1')
    .update(concat([receiver, RECORD_SALT]))
    .digest()
}

/** @param seq grows with each version of the record; Unix seconds serve */
export function signRecord(receiver: KeyPair, record: ReceiverRecord, seq: bigint): Item {
  const value = bencode({
    d: encodeDelegation(record.delegation),
    e: record.endpoints.map(formatEndpoint),
    f: record.feedUrl,
    h: record.postUrl,
    l: record.valueBytesMax,
    p: record.pipeKey,
    s: record.sealKey,
    x: record.expires,
  })
  if (value.length > RECORD_BYTES_MAX)
    throw new RangeError(`the record has ${value.length} bytes of ${RECORD_BYTES_MAX}`)
  return signItem(receiver, { salt: RECORD_SALT, seq, value })
}

/** Checks the signature and reads the record. Whether it has expired is for the caller to ask. */
export function openRecord(item: Item): Parsed<ReceiverRecord, RecordFault> {
  if (item.value.length > RECORD_BYTES_MAX) return faulty('too-large')
  if (!verifyItem(item)) return faulty('bad-signature')
  const decoded = decodeCanonical(item.value)
  return decoded.ok && decoded.value instanceof Dict ? fromDict(decoded.value) : faulty('malformed')
}

function fromDict(dict: Dict): Parsed<ReceiverRecord, 'malformed'> {
  const delegation = parseDelegation(dict.bytes('d') ?? new Uint8Array(0))
  const endpoints = (dict.list('e') ?? []).map((entry) =>
    entry instanceof Uint8Array ? parseEndpoint(toText(entry) ?? '') : undefined,
  )
  const [limit, expires] = [dict.int('l'), dict.int('x')]
  if (!delegation.ok || limit === undefined || expires === undefined) return faulty('malformed')
  if (endpoints.length < 1 || endpoints.length > RECORD_ENDPOINTS_MAX) return faulty('malformed')
  const [feedUrl, postUrl, pipeKey, sealKey] = [
    optionalUrl(dict, 'f'),
    optionalUrl(dict, 'h'),
    optionalKey(dict, 'p'),
    optionalKey(dict, 's'),
  ]
  if (feedUrl === false || postUrl === false || pipeKey === false || sealKey === false) return faulty('malformed')
  if (limit < 0n || limit > BigInt(Number.MAX_SAFE_INTEGER)) return faulty('malformed')
  if (expires < 0n || expires > BigInt(UNIX_SECONDS_MAX)) return faulty('malformed')
  const known = endpoints.filter((endpoint) => endpoint !== undefined)
  if (known.length !== endpoints.length) return faulty('malformed')
  return parsed({
    delegation: delegation.value,
    endpoints: known,
    feedUrl,
    postUrl,
    valueBytesMax: Number(limit),
    pipeKey,
    sealKey,
    expires: Number(expires),
  })
}

/** Readers make links of it: nothing but http and https. */
function optionalUrl(dict: Dict, key: string): string | undefined | false {
  if (dict.get(key) === undefined) return undefined
  const text = toText(dict.bytes(key) ?? Buffer.of(0))
  return text !== undefined && /^https?:\/\//.test(text) && URL.canParse(text) ? text : false
}

function optionalKey(dict: Dict, key: string): Uint8Array | undefined | false {
  if (dict.get(key) === undefined) return undefined
  const bytes = dict.bytes(key)
  return bytes?.length === KEY_BYTES ? bytes : false
}

/** Reads a record's item as {@link encodeItem} wrote it; neither signature nor content is looked at. */
export function parseRecordItem(bytes: Uint8Array): Parsed<Item, 'malformed'> {
  const decoded = decodeCanonical(bytes)
  const item = decoded.ok && decoded.value instanceof Dict ? itemOf(decoded.value) : faulty('malformed')
  return item.ok && equalBytes(item.value.salt, RECORD_SALT) ? item : faulty('malformed')
}
