import { equalBytes } from '../bytes/bytes.ts'
import type { Dict } from '../bytes/dict.ts'
import type { UdpAddress } from '../krpc/compact.ts'
import type { Query } from '../krpc/query.ts'
import { SALT_BYTES_MAX } from '../limits.ts'
import { type Item, itemOf, verifyItem } from '../message/item.ts'
import { ID_BYTES } from './id.ts'
import type { Storage } from './storage.ts'
import { ITEM_VALUE_BYTES_MAX, type Storable, targetOf } from './stored-item.ts'
import type { Tokens } from './token.ts'

/** A KRPC error: BEP 5's and BEP 44's number, and a few words. */
export type KrpcRefusal = Readonly<{ code: number; text: string }>

const REFUSALS = {
  arguments: { code: 203, text: 'bad arguments' },
  token: { code: 203, text: 'bad token' },
  order: { code: 203, text: 'keys not in order' },
  full: { code: 202, text: 'no room' },
  'too-large': { code: 205, text: 'v too big' },
  signature: { code: 206, text: 'bad signature' },
  salt: { code: 207, text: 'salt too big' },
  'cas-mismatch': { code: 301, text: 'cas mismatch' },
  'seq-too-low': { code: 302, text: 'seq too low' },
} as const satisfies Record<string, KrpcRefusal>

const PORT_MAX = 65_535n

/** What came of a query that writes. `proved`: its token was valid, which proves the sender's address. */
export type Writing = Readonly<{ proved: boolean; refusal: KrpcRefusal | undefined }>

/** Takes the queries that write: STORE of the 2002 paper, §2.3, as BEP 5 and BEP 44 have it. */
export class Keeper {
  readonly #storage: Storage
  readonly #tokens: Tokens

  constructor(storage: Storage, tokens: Tokens) {
    this.#storage = storage
    this.#tokens = tokens
  }

  /** Keeps the address that the packet came from: any other could be a stranger's. */
  announcePeer(args: Dict | undefined, from: UdpAddress, nowMs: number): Writing {
    const infoHash = args?.bytes('info_hash')
    const token = args?.bytes('token')
    if (!args || infoHash?.length !== ID_BYTES || !token) return refused(false, 'arguments')
    if (!this.#tokens.check(token, from.ip, infoHash, nowMs)) return refused(false, 'token')
    const port = args.int('port')
    const implied = (args.int('implied_port') ?? 0n) !== 0n
    if (!implied && (port === undefined || port < 1n || port > PORT_MAX)) return refused(true, 'arguments')
    const address = { ip: from.ip, port: implied ? from.port : Number(port) }
    const kept = this.#storage.store({ kind: 'peer', infoHash, address, receivedMs: nowMs }, from)
    return kept ? DONE : refused(true, 'full')
  }

  /** The order of the checks is from cheap to dear: token, sizes, lengths, `seq` and `cas`, signature. */
  put(query: Query, from: UdpAddress, nowMs: number): Writing {
    const { args } = query
    const value = args?.raw('v')
    const token = args?.bytes('token')
    if (!args || !value || !token) return refused(false, 'arguments')
    const salt = args.bytes('salt')
    const signed = args.get('k') !== undefined
    const key = args.bytes('k')
    // Before the item is read: the token is bound to its target.
    if (signed && !key) return refused(false, 'arguments')
    const target = targetOf(key ? { ...UNSIGNED, key, salt: salt ?? UNSIGNED.salt } : { value })
    if (!this.#tokens.check(token, from.ip, target, nowMs)) return refused(false, 'token')
    if (value.length > ITEM_VALUE_BYTES_MAX) return refused(true, 'too-large')
    if (salt && salt.length > SALT_BYTES_MAX) return refused(true, 'salt')
    if (!args.canonical) return refused(true, 'order')
    if (!key) return this.#keep({ value }, target, from, nowMs)
    const item = itemOf(args)
    if (!item.ok) return refused(true, 'arguments')
    return this.#putSigned(item.value, args, target, from, nowMs)
  }

  #putSigned(item: Item, args: Dict, target: Uint8Array, from: UdpAddress, nowMs: number): Writing {
    const cas = args.int('cas')
    if (args.get('salt') !== undefined && !args.bytes('salt')) return refused(true, 'arguments')
    if (args.get('cas') !== undefined && cas === undefined) return refused(true, 'arguments')
    const { claim, signature } = this.#storage.items.claim(target, item, cas, nowMs)
    if (claim === 'cas-mismatch' || claim === 'seq-too-low') return refused(true, claim)
    // Most are put again as they were (2002 paper, §2.5): what was verified once need not be verified each hour.
    const isKnown = claim === 'same' && signature !== undefined && equalBytes(signature, item.signature)
    if (!isKnown && !verifyItem(item)) return refused(true, 'signature')
    return this.#keep(item, target, from, nowMs)
  }

  #keep(item: Storable, target: Uint8Array, from: UdpAddress, nowMs: number): Writing {
    return this.#storage.store({ kind: 'item', item, receivedMs: nowMs }, from, target) ? DONE : refused(true, 'full')
  }
}

const DONE: Writing = { proved: true, refusal: undefined }
const UNSIGNED = { salt: new Uint8Array(0), seq: 0n, value: new Uint8Array(0), signature: new Uint8Array(0) }

function refused(proved: boolean, reason: keyof typeof REFUSALS): Writing {
  return { proved, refusal: REFUSALS[reason] }
}
