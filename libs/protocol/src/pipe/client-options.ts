import type { Position } from '../bus/position.ts'
import type { Row } from '../bus/row.ts'
import type { RefusalCode } from '../codes.ts'
import type { UdpAddress } from '../krpc/compact.ts'
import type { EndReason } from './session.ts'
import type { Tap } from './tap.ts'

/** A router and its pipe key: both stand in the receiver's record. */
export type PipeRouter = Readonly<{ address: UdpAddress; key: Uint8Array }>

/** Names a message, or a tap, of one client. */
export type PipeSendKey = number
export type PipeTapKey = number

/** What a router said of a message. `accepted` and `refused` are its end; else the client goes on by itself. */
export type PipeAnswer =
  | Readonly<{ stage: 'accepted'; receipt: Uint8Array }>
  | Readonly<{ stage: 'refused'; code: RefusalCode; routerMs: number }>
  | Readonly<{ stage: 'logged' }>
  | Readonly<{ stage: 'busy'; code: RefusalCode; retryAfterMs: number }>

/** Why a client's pipe is over: the session's reasons; a RESET; or nothing came when something was due. */
export type Ending = EndReason | 'reset' | 'silent'

/** How a client's connection changes. */
export type PipeState =
  | Readonly<{ state: 'open'; router: PipeRouter }>
  | Readonly<{ state: 'closed'; router: PipeRouter; reason: Ending }>
  /** No router answers; tried again at that time, Unix milliseconds. */
  | Readonly<{ state: 'unreachable'; againMs: number }>

export type TapWish = Omit<Tap, 'tap'>

export type PipeClientOptions = Readonly<{
  /** In the order of preference; at least one. */
  routers: readonly PipeRouter[]
  /** Unpredictable bytes. */
  random: (bytes: number) => Uint8Array
  onAnswer: (key: PipeSendKey, answer: PipeAnswer, nowMs: number) => void
  /** A row of a tap, each once, in order. Say `delivered` when it is kept: without that no more than a window comes. */
  onRow: (tap: PipeTapKey, row: Row, nowMs: number) => void
  /** The router does not follow a tap. Temporary codes: ask again later. */
  onTapEnd: (tap: PipeTapKey, code: RefusalCode, nowMs: number) => void
  /** The feed has got to there and waits for this tap to keep up. */
  onBehind?: (tap: PipeTapKey, position: Position, nowMs: number) => void
  onState?: (state: PipeState, nowMs: number) => void
  /** Frames that one pipe may send; less than 2^32 − 1 for tests. */
  framesMax?: number
}>

/** What has happened since the machine was made; only ever counted up. */
export function newClientCounts() {
  return {
    /** Datagrams by what was wrong with them. */
    faults: {} as Record<string, number>,
    hellos: 0,
    cookies: 0,
    opened: 0,
    closed: {} as Partial<Record<Ending, number>>,
    /** SENDs, repeats of one message among them. */
    sends: 0,
    /** Messages not taken because the outbox was full. */
    full: 0,
    rows: 0,
  }
}
export type ClientCounts = ReturnType<typeof newClientCounts>
