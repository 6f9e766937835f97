import { Raw } from '../bytes/bencode-encode.ts'
import type { Written } from './publisher.ts'
import type { Answerer } from './search.ts'
import { isSigned, type Storable } from './stored-item.ts'
import { type Arguments, askRepeatedly, type Wire } from './wire.ts'

/** How often one node is asked to store. */
const TRIES_MAX = 3
/** Error numbers that are told; the rest are counted as not stored. */
const REFUSALS_MAX = 16

export type Writing = Readonly<{ method: 'put' | 'announce_peer'; args: Arguments }>

/** STORE (2002 paper, §2.3) at the closest nodes that gave a token; those without one are full, and passed over. */
export function writeTo(
  wire: Wire,
  answerers: readonly Answerer[],
  writing: Writing,
  done: (written: Written, nowMs: number) => void,
  nowMs: number,
): void {
  const takers = answerers.filter(({ token }) => token !== undefined)
  const refusals: number[] = []
  let stored = 0
  let open = takers.length
  const end = (atMs: number) => done({ stored, asked: takers.length, refusals, tookMs: atMs - nowMs }, atMs)
  if (open === 0) return end(nowMs)
  for (const { address: to, token } of takers) {
    const question = { to, method: writing.method, args: { ...writing.args, token } }
    askRepeatedly(
      wire,
      TRIES_MAX,
      question,
      (answer, atMs) => {
        if (answer?.kind === 'reply') stored++
        if (answer?.kind === 'error' && refusals.length < REFUSALS_MAX) refusals.push(answer.code)
        if (--open === 0) end(atMs)
      },
      nowMs,
    )
  }
}

/** @param cas the `seq` that the writer believes is stored */
export function putting(item: Storable, cas: bigint | undefined): Writing {
  const v = new Raw(item.value)
  if (!isSigned(item)) return { method: 'put', args: { v } }
  const salt = item.salt.length === 0 ? undefined : item.salt
  const args = { k: item.key, salt, seq: item.seq, sig: item.signature, v, cas }
  return { method: 'put', args }
}

/** @param port undefined = the one that the packet comes from, as a NAT shows it */
export function announcing(infoHash: Uint8Array, port: number | undefined): Writing {
  const args = { info_hash: infoHash, port: port ?? 0, implied_port: port === undefined ? 1 : 0 }
  return { method: 'announce_peer', args }
}
