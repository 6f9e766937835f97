import { isIpv4, type Machine, type Outgoing, type UdpAddress } from '@p2pmsg/protocol'
import { addressText } from './address.ts'
import { arrivals, type Link, PERFECT } from './link.ts'
import type { Nat } from './nat.ts'
import type { Random } from './random.ts'
import type { Cancel, Timeline } from './timeline.ts'

/** Whether a datagram may pass, by the addresses of its two ends as the world sees them. */
export type Wall = (from: UdpAddress, to: UdpAddress) => boolean

/** A datagram that leaves or comes in, by the addresses that the world sees. Changing the bytes changes nothing. */
export type Watch = (event: 'sent' | 'delivered', from: UdpAddress, to: UdpAddress, bytes: Uint8Array) => void

/** A machine at an address: it gets datagrams and ticks as the driver over a real socket would give them. */
export class Host<M extends Machine = Machine> {
  readonly machine: M
  readonly address: UdpAddress
  readonly nat: Nat | undefined
  /** Its address in the other family, if it has one. */
  readonly second: UdpAddress | undefined
  readonly #network: Network
  #armedMs = Number.POSITIVE_INFINITY
  #disarm: Cancel | undefined
  up = true

  constructor(network: Network, machine: M, address: UdpAddress, nat: Nat | undefined, second: UdpAddress | undefined) {
    this.#network = network
    this.second = second
    this.machine = machine
    this.address = address
    this.nat = nat
    this.send([])
  }

  /** Calls the machine and sends what it says. */
  do(act: (machine: M, nowMs: number) => readonly Outgoing[]): void {
    this.send(act(this.machine, this.#network.timeline.nowMs))
  }

  receive(bytes: Uint8Array, from: UdpAddress): void {
    if (this.up) this.send(this.machine.receive(bytes, from, this.#network.timeline.nowMs))
  }

  send(outgoing: readonly Outgoing[]): void {
    for (const { to, bytes } of outgoing) this.#network.send(this, to, bytes)
    const deadline = this.machine.deadline
    if (deadline === undefined || deadline >= this.#armedMs || !this.up) return
    this.#disarm?.()
    this.#armedMs = deadline
    this.#disarm = this.#network.timeline.at(Math.ceil(deadline), () => {
      this.#armedMs = Number.POSITIVE_INFINITY
      if (this.up) this.send(this.machine.tick(this.#network.timeline.nowMs))
    })
  }

  /** Gone without a word. */
  stop(): void {
    this.up = false
    this.#disarm?.()
    this.#network.remove(this)
  }
}

/** A network of machines in virtual time. */
export class Network {
  readonly timeline: Timeline
  readonly random: Random
  link: Link = PERFECT
  /** Datagrams for which it is false are lost: a partition. */
  wall: Wall = () => true
  /** Somebody on the path. */
  watch: Watch = () => undefined
  readonly #hosts = new Map<string, Host>()
  readonly #nats = new Map<string, Nat>()
  readonly counts = { sent: 0, bytes: 0, lost: 0, delivered: 0, nobody: 0, filtered: 0, unroutable: 0 }

  constructor(timeline: Timeline, random: Random) {
    this.timeline = timeline
    this.random = random
  }

  /** @param nat the address is inside of it; its own outside address is where the world finds it */
  add<M extends Machine>(machine: M, address: UdpAddress, nat?: { device: Nat; ip: Uint8Array }): Host<M> {
    if (nat) this.#nats.set(hostText(nat.ip), nat.device)
    return this.#register(new Host(this, machine, address, nat?.device, undefined))
  }

  /** With an address in each family (BEP 32). */
  addDual<M extends Machine>(machine: M, address: UdpAddress, second: UdpAddress): Host<M> {
    return this.#register(new Host(this, machine, address, undefined, second))
  }

  #register<M extends Machine>(host: Host<M>): Host<M> {
    for (const key of keysOf(host)) {
      if (this.#hosts.has(key)) throw new Error('two hosts at one address')
      this.#hosts.set(key, host)
    }
    return host
  }

  remove(host: Host): void {
    for (const key of keysOf(host)) this.#hosts.delete(key)
  }

  /** From anyone: also from addresses that are not the sender's, which is what forged sources are. */
  inject(from: UdpAddress, to: UdpAddress, bytes: Uint8Array): void {
    this.#carry(from, to, bytes)
  }

  send(host: Host, to: UdpAddress, bytes: Uint8Array): void {
    const from = [host.address, host.second].find((own) => own && isIpv4(own.ip) === isIpv4(to.ip))
    if (!from) this.counts.unroutable++
    else this.#carry(host.nat ? host.nat.outward(from, to, this.timeline.nowMs) : from, to, bytes)
  }

  #carry(from: UdpAddress, to: UdpAddress, bytes: Uint8Array): void {
    this.counts.sent++
    this.counts.bytes += bytes.length
    this.watch('sent', from, to, bytes)
    const delays = this.wall(from, to) ? arrivals(this.link, this.random) : []
    if (delays.length === 0) this.counts.lost++
    for (const delay of delays) {
      this.timeline.at(Math.round(this.timeline.nowMs + delay), () => this.#deliver(from, to, bytes))
    }
  }

  #deliver(from: UdpAddress, to: UdpAddress, bytes: Uint8Array): void {
    const nat = this.#nats.get(hostText(to.ip))
    const inside = nat ? nat.inward(from, to.port, this.timeline.nowMs) : to
    if (!inside) {
      this.counts.filtered++
      return
    }
    const host = this.#hosts.get(addressText(inside))
    if (!host) {
      this.counts.nobody++
      return
    }
    this.counts.delivered++
    this.watch('delivered', from, to, bytes)
    host.receive(bytes, from)
  }
}

function keysOf({ address, second }: Host): string[] {
  return second ? [addressText(address), addressText(second)] : [addressText(address)]
}

function hostText(ip: Uint8Array): string {
  return Buffer.from(ip).toString('latin1')
}
