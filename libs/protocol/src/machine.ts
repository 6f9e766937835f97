import type { UdpAddress } from './krpc/compact.ts'

/** A datagram to be sent. */
export type Outgoing = Readonly<{ to: UdpAddress; bytes: Uint8Array }>

/**
 * A protocol without I/O: datagrams and time go in, datagrams come out. A driver gives it a socket and a clock; the simulator
 * gives it a virtual network. What it learns beside that, it tells through callbacks that its maker passes in.
 */
export interface Machine {
  /** @param nowMs Unix milliseconds, never going back */
  receive(bytes: Uint8Array, from: UdpAddress, nowMs: number): readonly Outgoing[]
  /** Time has passed; called at {@link deadline} or later, and harmless when earlier. */
  tick(nowMs: number): readonly Outgoing[]
  /** When `tick` is wanted next, Unix milliseconds; undefined = not before something is received. */
  readonly deadline: number | undefined
}
