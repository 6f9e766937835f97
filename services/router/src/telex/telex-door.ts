import {
  encodeLegacyMessage,
  formatSwitch,
  isContactable,
  legacyId,
  type Machine,
  type Outgoing,
  parseLegacyMessage,
  SWITCH_RATES,
  Switch,
  type Telex,
  type UdpAddress,
} from '@p2pmsg/protocol'
import type { Intake } from '../edge/intake.ts'
import { datagram, telexEvent, telexRefused } from '../events.ts'
import type { LegacyConfig } from './legacy-config.ts'

export type TelexDoorOptions = Readonly<{
  /** Our advertised address, IPv4. */
  self: UdpAddress
  clusterSecrets: readonly Uint8Array[]
  random: (bytes: number) => Uint8Array
  legacy: LegacyConfig
  /** From one line, telexes/s; from one prefix of strangers, telexes/s. */
  provedPerSecond: number
  unprovedPerSecond: number
  intake: Intake
  onSignal: (telex: Uint8Array, proved: boolean) => void
}>

/** A prefix of strangers may send five seconds' worth at once, as at the other doors. */
const BURST_SECONDS = 5
/** Copies to tappers for each signal without a line. */
const COPIES_EACH = 4

/** Telehash v1 at the edge: the switch, and its messages on their way to ingest. */
export class TelexDoor implements Machine {
  readonly #switch: Switch
  readonly #options: TelexDoorOptions

  constructor(options: TelexDoorOptions) {
    this.#options = options
    const { self, clusterSecrets: secrets, random, legacy, provedPerSecond, unprovedPerSecond, onSignal } = options
    this.#switch = new Switch({
      self,
      secrets,
      random,
      // Who is reached at a private address serves a local network, and its peers have such addresses too.
      localNetwork: !isContactable(self, false),
      originate: legacy.dialsPerSecond > 0,
      rates: {
        prefix: { perSecond: unprovedPerSecond, burst: unprovedPerSecond * BURST_SECONDS },
        lineless: rate(legacy.perSecond),
        linelessCopies: rate(legacy.perSecond * COPIES_EACH),
        peer: rate(provedPerSecond),
        dials: { perSecond: legacy.dialsPerSecond, burst: legacy.dialsPerSecond * BURST_SECONDS },
      },
      onSignal,
      onMessage: (telex, _from, _proved, nowMs) => this.#keep(telex, nowMs),
      count: telexEvent,
    })
  }

  get lines(): number {
    return this.#switch.lines
  }

  get tappers(): number {
    return this.#switch.tappers
  }

  get address(): string {
    return formatSwitch(this.#options.self)
  }

  get deadline(): number | undefined {
    return this.#switch.deadline
  }

  receive(bytes: Uint8Array, from: UdpAddress, nowMs: number): readonly Outgoing[] {
    datagram('taken')
    return this.#switch.receive(bytes, from, nowMs)
  }

  tick(nowMs: number): readonly Outgoing[] {
    return this.#switch.tick(nowMs)
  }

  /** For our tappers, what another router heard or this cluster says itself. */
  relay(telex: Uint8Array, proved: boolean, nowMs: number): readonly Outgoing[] {
    return this.#switch.relay(telex, proved, nowMs)
  }

  #keep(telex: Telex, nowMs: number): void {
    const { legacy, intake } = this.#options
    if (!legacy.receiver) return telexRefused('no-receiver')
    const payload = encodeLegacyMessage(legacy.receiver, telex)
    const message = parseLegacyMessage(payload)
    if (!message.ok) return telexRefused(message.fault)
    // What the cluster signed is in its log already: taken in again, it would go round for ever.
    if (message.value.n === legacy.keys?.n) return telexRefused('own-key')
    intake.submitLegacy(legacy.receiver, payload, legacyId(message.value, nowMs), nowMs)
  }
}

function rate(perSecond: number): Readonly<{ perSecond: number; burst: number }> {
  const { lineless } = SWITCH_RATES
  return { perSecond, burst: (perSecond * lineless.burst) / lineless.perSecond }
}
