import type { UdpAddress } from '../krpc/compact.ts'
import { encodeError } from '../krpc/encode.ts'
import type { Query } from '../krpc/query.ts'
import { DATAGRAM_OUT_BYTES_MAX } from '../limits.ts'
import { ID_BYTES } from './id.ts'
import type { Keeper, KrpcRefusal } from './keeper.ts'
import { type AnswerCounts, isMethod, type Method } from './node-counts.ts'
import type { ForeignQuery } from './options.ts'
import type { AddressProofs } from './proofs.ts'
import type { Reading, Responder } from './responder.ts'
import type { Tokens } from './token.ts'

const NO_TARGET: KrpcRefusal = { code: 203, text: 'bad arguments' }
const UNKNOWN: KrpcRefusal = { code: 204, text: 'method unknown' }

export type AnsweringParts = Readonly<{
  responder: Responder
  keeper: Keeper
  tokens: Tokens
  proofs: AddressProofs
  counts: AnswerCounts
  onForeign: ((query: ForeignQuery) => readonly Uint8Array[] | undefined) | undefined
}>

/** What a query gets: datagrams, how many bytes may still follow them, and whether a pong would let us say more. */
export type Answer = { datagrams: readonly Uint8Array[]; room: number; short: boolean; proved: boolean }

/** Which query gets which answer, and that none is larger than its asker's proof allows. */
export class Answering {
  readonly #parts: AnsweringParts

  constructor(parts: AnsweringParts) {
    this.#parts = parts
  }

  /**
   * @param unprovedBudget what may be sent if the address is not proved, bytes
   * @param reserve bytes of that budget to keep for a ping, where the address is not proved
   */
  answer(query: Query, unprovedBudget: number, reserve: number, from: UdpAddress, nowMs: number): Answer {
    const { proofs, counts } = this.#parts
    const method = isMethod(query.method) ? query.method : undefined
    counts.queries[method ?? 'other']++
    const proved = proofs.isProved(from, nowMs)
    const budget = proved ? DATAGRAM_OUT_BYTES_MAX : Math.min(unprovedBudget, DATAGRAM_OUT_BYTES_MAX)
    const answer: Answer = { datagrams: [], room: budget, short: false, proved }
    const usable = proved ? budget : Math.max(budget - reserve, 0)
    if (method) this.#known(method, query, usable, from, nowMs, answer)
    else this.#foreign(query, usable, from, nowMs, answer)
    if (answer.short) counts.short++
    return answer
  }

  #known(method: Method, query: Query, budget: number, from: UdpAddress, nowMs: number, answer: Answer): void {
    const { responder, keeper } = this.#parts
    const { target } = query
    switch (method) {
      case 'ping':
        return this.#send(responder.ping(query, from), answer)
      case 'find_node':
        return this.#reading(query, target && responder.findNode(query, target, from, budget, nowMs), answer)
      case 'get_peers':
        return this.#reading(query, target && responder.getPeers(query, target, from, budget, nowMs), answer)
      case 'get':
        return this.#reading(query, target && responder.get(query, target, from, budget, nowMs), answer)
      case 'sample_infohashes':
        return this.#reading(query, target && responder.sampleInfohashes(query, target, from, budget, nowMs), answer)
      case 'announce_peer':
      case 'put': {
        const writing = method === 'put' ? keeper.put(query, from, nowMs) : keeper.announcePeer(query.args, from, nowMs)
        if (writing.proved) this.#prove(from, nowMs, answer)
        if (writing.refusal) return this.#refuse(query, writing.refusal, answer)
        return this.#send(responder.ping(query, from), answer)
      }
    }
  }

  /** Ours first, then libtorrent's rule: what has a target is answered as `find_node`. */
  #foreign(query: Query, budget: number, from: UdpAddress, nowMs: number, answer: Answer): void {
    const { onForeign, responder, tokens } = this.#parts
    const hasTokenFor = (target: Uint8Array): boolean => {
      const token = query.args?.bytes('token')
      const has = token !== undefined && tokens.check(token, from.ip, target, nowMs)
      if (has) this.#prove(from, nowMs, answer)
      return has
    }
    const datagrams = onForeign?.({ query, from, nowMs, proved: answer.proved, budget, hasTokenFor })
    if (datagrams) {
      for (const bytes of datagrams) this.#send(bytes, answer)
      return
    }
    if (query.target?.length !== ID_BYTES) return this.#refuse(query, UNKNOWN, answer)
    this.#reading(query, responder.findNode(query, query.target, from, budget, nowMs), answer)
  }

  #prove(from: UdpAddress, nowMs: number, answer: Answer): void {
    this.#parts.proofs.prove(from, nowMs)
    answer.proved = true
    answer.room = DATAGRAM_OUT_BYTES_MAX
  }

  #reading(query: Query, reading: Reading | undefined, answer: Answer): void {
    if (!reading) return this.#refuse(query, NO_TARGET, answer)
    answer.short = reading.short
    this.#send(reading.bytes, answer)
  }

  #refuse(query: Query, { code, text }: KrpcRefusal, answer: Answer): void {
    const { errors } = this.#parts.counts
    errors[code] = (errors[code] ?? 0) + 1
    this.#send(encodeError(query.t, code, text), answer)
  }

  #send(bytes: Uint8Array, answer: Answer): void {
    if (bytes.length > answer.room) {
      this.#parts.counts.overBudget++
      return
    }
    answer.room -= bytes.length
    answer.datagrams = answer.datagrams.length === 0 ? [bytes] : [...answer.datagrams, bytes]
  }
}
