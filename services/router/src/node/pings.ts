import { type Encodable, encodeQuery, equalBytes, type Tokens, TRANSACTION_BYTES } from '@p2pmsg/protocol'

/** What the transaction ids are made for instead of a target: no message or item can have it by chance. */
const PING_TARGET: Uint8Array = Buffer.from('ping-proves-address-')
/** A pong may come in the token epoch after that of its ping, milliseconds. */
const EPOCH_MS = 300_000

/**
 * Pings whose pong proves an address, without state: the transaction id is a MAC of the address, so only who receives at the
 * address can know it. Any replica knows the pong of another's ping.
 */
export class Pings {
  readonly #tokens: Tokens
  readonly #id: Encodable

  /** @param id our node id, 20 bytes */
  constructor(tokens: Tokens, id: Uint8Array) {
    this.#tokens = tokens
    this.#id = id
  }

  make(ip: Uint8Array, nowMs: number): Uint8Array {
    return encodeQuery(this.#transaction(ip, nowMs), 'ping', { id: this.#id })
  }

  isPong(t: Uint8Array, ip: Uint8Array, nowMs: number): boolean {
    if (t.length !== TRANSACTION_BYTES) return false
    return (
      equalBytes(t, this.#transaction(ip, nowMs)) || equalBytes(t, this.#transaction(ip, Math.max(0, nowMs - EPOCH_MS)))
    )
  }

  #transaction(ip: Uint8Array, nowMs: number): Uint8Array {
    return this.#tokens.make(ip, PING_TARGET, nowMs).subarray(0, TRANSACTION_BYTES)
  }
}
