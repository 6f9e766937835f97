import type { Encodable } from '../bytes/bencode-encode.ts'
import type { NodeContact, UdpAddress } from '../krpc/compact.ts'
import type { Agenda } from './agenda.ts'
import type { RoutingTable } from './routing-table.ts'
import type { Outcome } from './transactions.ts'

export type QueryMethod = 'ping' | 'find_node' | 'get_peers' | 'announce_peer' | 'get' | 'put'
export type Arguments = Readonly<{ [key: string]: Encodable | undefined }>

/** What the parts of a node that ask others have in common. */
export type Wire = Readonly<{
  /** Sends a query. @returns false when too many are open: then nothing is sent and no outcome follows */
  ask: (to: UdpAddress, method: QueryMethod, args: Arguments, outcome: Outcome, nowMs: number) => boolean
  /** A node was named by another: it may be worth a ping. */
  heardOf: (node: NodeContact, nowMs: number) => void
  table: (family: 4 | 6) => RoutingTable | undefined
  agenda: Agenda
  random: (bytes: number) => Uint8Array
}>

/** Asks again each time that an answer is late, at most `tries` times in all; `done` hears exactly one end. */
export function askRepeatedly(
  wire: Wire,
  tries: number,
  question: Readonly<{ to: UdpAddress; method: QueryMethod; args: Arguments }>,
  done: (
    end: Parameters<Outcome['replied']>[0] | Parameters<NonNullable<Outcome['refused']>>[0] | undefined,
    nowMs: number,
  ) => void,
  nowMs: number,
): void {
  let left = tries
  let open = 0
  let ended = false
  const end: typeof done = (answer, atMs) => {
    if (ended) return
    ended = true
    done(answer, atMs)
  }
  const attempt = (atMs: number): void => {
    left--
    open++
    const outcome: Outcome = {
      replied: end,
      refused: end,
      late: (lateMs) => {
        if (!ended && left > 0) attempt(lateMs)
      },
      lost: (lostMs) => {
        if (--open === 0) end(undefined, lostMs)
      },
    }
    if (!wire.ask(question.to, question.method, question.args, outcome, atMs) && --open === 0) end(undefined, atMs)
  }
  attempt(nowMs)
}
