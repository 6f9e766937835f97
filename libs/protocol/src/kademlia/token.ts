import { createHmac, createSecretKey, hkdfSync, type KeyObject, timingSafeEqual } from 'node:crypto'
import { Writer } from '../bytes/writer.ts'

/** BEP 5 write tokens, without state: any replica that holds the cluster secret takes what any other gave. */
export const TOKEN_BYTES = 8
/** A token is good in the epoch it was made in, the one before and the one after, seconds. */
const EPOCH_SECONDS = 300
const KEY_BYTES = 32

/**
 * Makes and checks tokens: the first 8 bytes of HMAC-SHA-256(HKDF(secret, "token"), ip ‖ target ‖ ⌊Unix s / 300⌋).
 * The first secret signs, all verify, so that secrets can be rotated without a gap.
 */
export class Tokens {
  readonly #keys: readonly KeyObject[]

  /** @param secrets at least one, each ≥ 16 bytes */
  constructor(secrets: readonly Uint8Array[]) {
    // Key objects: with a key in bytes, each MAC would cost five times as much.
    this.#keys = secrets.map((secret) =>
      createSecretKey(new Uint8Array(hkdfSync('sha256', secret, '', 'token', KEY_BYTES))),
    )
  }

  /** @param ip 16 bytes, IPv4 mapped @param target 20 bytes @param nowMs Unix milliseconds */
  make(ip: Uint8Array, target: Uint8Array, nowMs: number): Uint8Array {
    return mac(this.#keys[0] as KeyObject, ip, target, epochAt(nowMs))
  }

  check(token: Uint8Array, ip: Uint8Array, target: Uint8Array, nowMs: number): boolean {
    if (token.length !== TOKEN_BYTES) return false
    const now = epochAt(nowMs)
    for (const key of this.#keys) {
      for (const epoch of [now, now - 1, now + 1]) {
        if (epoch >= 0 && timingSafeEqual(mac(key, ip, target, epoch), token)) return true
      }
    }
    return false
  }
}

function epochAt(nowMs: number): number {
  return Math.floor(nowMs / 1000 / EPOCH_SECONDS)
}

function mac(key: KeyObject, ip: Uint8Array, target: Uint8Array, epoch: number): Uint8Array {
  const bytes = new Writer(64).bytes(ip).bytes(target).u64(epoch).done()
  return createHmac('sha256', key).update(bytes).digest().subarray(0, TOKEN_BYTES)
}
