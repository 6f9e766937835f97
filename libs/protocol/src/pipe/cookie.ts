import { timingSafeEqual } from 'node:crypto'
import { Writer } from '../bytes/writer.ts'
import type { UdpAddress } from '../krpc/compact.ts'
import { keyFor, mac } from './mac.ts'

/** A cookie is good in the epoch it was made in and in the next, milliseconds. */
const EPOCH_MS = 120_000

/**
 * Proof that a client receives what is sent to its address, made without remembering it: keyed BLAKE2b over address, port and
 * epoch. Replicas share the secrets, the first of which signs; so a hello may come back to any of them.
 */
export class Cookies {
  readonly #keys: readonly Uint8Array[]

  constructor(secrets: readonly Uint8Array[]) {
    this.#keys = secrets.map((secret) => keyFor('p2pmsg-pipe-cookie', secret))
  }

  make(client: UdpAddress, nowMs: number): Uint8Array {
    return mac(this.#keys[0] as Uint8Array, sourceOf(client, epochAt(nowMs)))
  }

  check(cookie: Uint8Array, client: UdpAddress, nowMs: number): boolean {
    const now = epochAt(nowMs)
    return this.#keys.some((key) =>
      [now, now - 1].some((epoch) => epoch >= 0 && timingSafeEqual(mac(key, sourceOf(client, epoch)), cookie)),
    )
  }
}

function epochAt(nowMs: number): number {
  return Math.floor(nowMs / EPOCH_MS)
}

function sourceOf({ ip, port }: UdpAddress, epoch: number): Uint8Array {
  return new Writer(32).bytes(ip).u16(port).u64(epoch).done()
}
