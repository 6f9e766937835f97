import type { Machine, Outgoing } from '@p2pmsg/protocol'
import { steadyClock } from './clock.ts'
import { UdpSocket } from './socket.ts'

export type DriverOptions = Readonly<{
  /** An address of one family, or '' for every address of both. */
  host: string
  /** 0 = any free one. */
  port: number
  onError?: (code: string) => void
  /** The machine's clock; one of its own if absent. */
  now?: () => number
}>

/** The longest that a timer is set, milliseconds; a deadline further off is looked at again then. */
const TIMER_MS_MAX = 60_000

/** Runs a machine over a socket and one timer, until disposed. */
export class Driver implements AsyncDisposable {
  readonly #machine: Machine
  readonly #now: () => number
  #socket: UdpSocket | undefined
  #timer: NodeJS.Timeout | undefined
  /** When the timer fires, Unix milliseconds. */
  #armed = Number.POSITIVE_INFINITY
  #stopped = false

  private constructor(machine: Machine, now: () => number) {
    this.#machine = machine
    this.#now = now
  }

  /** @throws {Error} the operating system's, e.g. `EADDRINUSE` */
  static async start(machine: Machine, options: DriverOptions): Promise<Driver> {
    const driver = new Driver(machine, options.now ?? steadyClock())
    const onDatagram = (bytes: Uint8Array, from: Outgoing['to']) =>
      driver.send(machine.receive(bytes, from, driver.#now()))
    driver.#socket = await UdpSocket.open({ ...options, onDatagram })
    driver.send([])
    return driver
  }

  get port(): number {
    return this.#socket?.port ?? 0
  }

  /** The machine's time, Unix milliseconds: for those who call the machine beside the driver. */
  now(): number {
    return this.#now()
  }

  /** Sends what the machine said when its owner called it; it may have a new deadline, so the timer is set anew too. */
  send(outgoing: readonly Outgoing[]): void {
    for (const { to, bytes } of outgoing) this.#socket?.send(to, bytes)
    this.#arm()
  }

  #arm(): void {
    const deadline = this.#machine.deadline
    // A timer that fires too early is harmless; setting it anew for each datagram is not.
    if (this.#stopped || deadline === undefined || deadline >= this.#armed) return
    clearTimeout(this.#timer)
    const inMs = Math.min(Math.max(deadline - this.#now(), 0), TIMER_MS_MAX)
    this.#armed = deadline
    this.#timer = setTimeout(this.#onTimer, inMs)
  }

  readonly #onTimer = (): void => {
    this.#armed = Number.POSITIVE_INFINITY
    this.send(this.#machine.tick(this.#now()))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    await this.#socket?.[Symbol.asyncDispose]()
  }
}
