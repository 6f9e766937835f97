import type { UdpAddress } from '../krpc/compact.ts'
import type { Rate } from './budget.ts'
import type { LineFault } from './lines.ts'
import type { RelayFault } from './relayable.ts'
import type { Telex, TelexFault } from './telex.ts'

export type SwitchOptions = Readonly<{
  /** Our address as others see it, IPv4. From configuration: 2011's switches believed the first `_to` that anybody sent them. */
  self: UdpAddress
  /** The cluster's secrets, each ≥ 16 bytes; the first makes rings, all check. */
  secrets: readonly Uint8Array[]
  random: (bytes: number) => Uint8Array
  /** Private and loopback addresses may be handed out and contacted. */
  localNetwork?: boolean
  /** Addresses that proved peers name may be contacted, within the budget; false = only ever answer. */
  originate?: boolean
  rates?: Partial<SwitchRates>
  /**
   * A telex whose signals were offered to this switch's tappers, as other switches of the cluster should offer them to theirs:
   * give its bytes to their {@link Switch.relay}.
   */
  onSignal?: (bytes: Uint8Array, proved: boolean) => void
  /** A message of 2011; its signature is not checked. Not called again for the same bytes from the same address within two seconds. */
  onMessage?: (telex: Telex, from: UdpAddress, proved: boolean, nowMs: number) => void
  count?: (event: SwitchEvent, n: number) => void
}>

export type SwitchRates = Readonly<{
  /** Telexes of one /24 or /56 that prove nothing. */
  prefix: Rate
  /** Answers to unproved addresses, in all. */
  answers: Rate
  /** Signals without a line, in all (P2PMSG_LEGACY_RATE). */
  lineless: Rate
  /** Copies of those to tappers. */
  linelessCopies: Rate
  /** Telexes of one line. */
  peer: Rate
  /** Signals with a line, in all. */
  signals: Rate
  /** Copies of those. */
  copies: Rate
  /** Datagrams to addresses that others named. */
  dials: Rate
}>

export const SWITCH_RATES: SwitchRates = {
  prefix: { perSecond: 20, burst: 100 },
  answers: { perSecond: 200, burst: 400 },
  lineless: { perSecond: 50, burst: 100 },
  linelessCopies: { perSecond: 200, burst: 400 },
  peer: { perSecond: 2_000, burst: 4_000 },
  signals: { perSecond: 1_000, burst: 2_000 },
  copies: { perSecond: 2_000, burst: 4_000 },
  dials: { perSecond: 2, burst: 10 },
}

/** What a switch counts: one thing each datagram ends as, and what it did beside that. */
export type SwitchEvent =
  | TelexFault
  | LineFault
  | RelayFault
  | 'proved'
  | 'stranger'
  | 'prefix-budget'
  | 'peer-budget'
  | 'answers-budget'
  | 'signals-budget'
  | 'copies-budget'
  | 'dials-budget'
  | 'answer-too-large'
  | 'relay-too-large'
  | 'peer-congested'
  | 'peer-left'
  | 'bad-rules'
  | 'tappers-full'
  | 'message'
  | 'duplicate'
  | 'answers'
  | 'copies'
  | 'dials'
  | 'keep-alives'
