import { hkdfSync, timingSafeEqual } from 'node:crypto'
import { IP_BYTES } from '../krpc/compact.ts'
import { HmacSha256 } from './hmac-sha256.ts'
import { ID_BYTES } from './id.ts'

/** BEP 5 write tokens, without state: any replica that holds the cluster secret takes what any other gave. */
export const TOKEN_BYTES = 8
/** A token is good in the epoch it was made in, the one before and the one after, seconds. */
const EPOCH_SECONDS = 300
const KEY_BYTES = 32
const EPOCH_BYTES = 8
const MESSAGE_BYTES = IP_BYTES + ID_BYTES + EPOCH_BYTES

/**
 * Makes and checks tokens: the first 8 bytes of HMAC-SHA-256(HKDF(secret, "token"), ip ‖ target ‖ ⌊Unix s / 300⌋).
 * The first secret signs, all verify, so that secrets can be rotated without a gap.
 */
export class Tokens {
  readonly #macs: readonly HmacSha256[]

  /** @param secrets at least one, each ≥ 16 bytes */
  constructor(secrets: readonly Uint8Array[]) {
    this.#macs = secrets.map(
      (secret) => new HmacSha256(new Uint8Array(hkdfSync('sha256', secret, '', 'token', KEY_BYTES)), MESSAGE_BYTES),
    )
  }

  /** @param ip 16 bytes, IPv4 mapped @param target 20 bytes @param nowMs Unix milliseconds */
  make(ip: Uint8Array, target: Uint8Array, nowMs: number): Uint8Array {
    return tokenOf(this.#macs[0] as HmacSha256, ip, target, epochAt(nowMs)).slice()
  }

  check(token: Uint8Array, ip: Uint8Array, target: Uint8Array, nowMs: number): boolean {
    if (token.length !== TOKEN_BYTES) return false
    const now = epochAt(nowMs)
    for (const mac of this.#macs) {
      for (const epoch of [now, now - 1, now + 1]) {
        if (epoch >= 0 && timingSafeEqual(tokenOf(mac, ip, target, epoch), token)) return true
      }
    }
    return false
  }
}

function epochAt(nowMs: number): number {
  return Math.floor(nowMs / 1000 / EPOCH_SECONDS)
}

/** A view: the next token is written over it. */
function tokenOf(mac: HmacSha256, ip: Uint8Array, target: Uint8Array, epoch: number): Uint8Array {
  const { message } = mac
  message.set(ip)
  message.set(target, IP_BYTES)
  for (let i = 0, rest = epoch; i < EPOCH_BYTES; i++, rest = Math.floor(rest / 256)) {
    message[MESSAGE_BYTES - 1 - i] = rest % 256
  }
  return mac.digest().subarray(0, TOKEN_BYTES)
}
