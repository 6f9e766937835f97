import type { UdpAddress } from '../krpc/compact.ts'
import type { DhKeys } from './noise.ts'
import type { ServerPipe } from './server-pipe.ts'
import type { EndReason } from './session.ts'
import type { Tap } from './tap.ts'

/** What the pipes tell their router. All calls come from within a call of the machine's. */
export type ServerEvents = Readonly<{
  /** A message as bytes; `pipe.answer` with its number when something is known. Bytes may be kept. */
  onMessage: (pipe: ServerPipe, send: number, message: Uint8Array, nowMs: number) => void
  /** A wish to be sent messages: `pipe.deliver` rows while there is `pipe.room`, or `pipe.endTap`. */
  onTap: (pipe: ServerPipe, tap: Tap, nowMs: number) => void
  onUntap: (pipe: ServerPipe, tap: number, nowMs: number) => void
  /** The client keeps all rows up to here, and there is room for more. */
  onRoom: (pipe: ServerPipe, tap: number, position: bigint, nowMs: number) => void
  /** Nothing more will come of this pipe or go into it. */
  onClosed: (pipe: ServerPipe, reason: EndReason, nowMs: number) => void
  /** An address has shown that it receives what is sent there. */
  onProved: (address: UdpAddress, nowMs: number) => void
}>

export type PipeServerOptions = ServerEvents &
  Readonly<{
    /** The pipe key of the records, and those of records that are still about. */
    keys: readonly DhKeys[]
    /** The cluster's secrets, for cookies and reset tokens: the first signs, all verify. */
    secrets: readonly Uint8Array[]
    /** Unpredictable bytes. */
    random: (bytes: number) => Uint8Array
    /** Handshakes under way, at most. */
    halfOpenMax?: number
    /** Open pipes, at most. */
    pipesMax?: number
    /** Open pipes of one /24 or /56, at most. */
    pipesPerPrefixMax?: number
    /** What all taps have on their way together, bytes; beyond, each has one row at a time. */
    tapBytesMax?: number
    /** Frames that one pipe may send; less than 2^32 − 1 for tests. */
    framesMax?: number
  }>

export const HALF_OPEN_MAX = 4096
export const PIPES_MAX = 16_384
export const PIPES_PER_PREFIX_MAX = 4096
/** Of all taps on their way, bytes: slow listeners cannot fill a router. */
export const ALL_TAPS_BYTES_MAX = 128 * 1024 * 1024
/** A pipe that is silent for so long is forgotten, seconds: longer than most NATs keep a mapping. */
export const IDLE_SECONDS = 60

/** What has happened since the machine was made; only ever counted up. */
export function newServerCounts() {
  return {
    /** Datagrams by what was wrong with them. */
    faults: {} as Record<string, number>,
    frames: 0,
    welcomes: 0,
    cookies: 0,
    resets: 0,
    /** Hellos turned away because a table was full. */
    full: 0,
    expired: 0,
    opened: 0,
    closed: {} as Partial<Record<EndReason, number>>,
    sends: 0,
    /** Messages or taps beyond what one pipe may have open. */
    overLimit: 0,
    rows: 0,
    /** Times that a tap's window was full when there was more to send. */
    behind: 0,
  }
}
export type ServerCounts = ReturnType<typeof newServerCounts>
