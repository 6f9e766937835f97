import { type Endpoint, formatEndpoint, parseCompactAddress, type UdpAddress } from '@p2pmsg/protocol'
import { Unreachable } from './failures.ts'
import { firstAnswer } from './first-answer.ts'
import type { Answer, Attempt, Call, Next } from './krpc/call.ts'
import { KrpcSocket } from './krpc/krpc-socket.ts'
import { addressesOf, formatUdp } from './names.ts'

export type Pong = Readonly<{
  /** The router's address, `host:port`. */
  from: string
  /** 20 bytes. */
  nodeId: Uint8Array
  /** The address that the router saw us at, `host:port`, if it says so. */
  seenAs: string | undefined
  /** From the datagram to its answer, milliseconds. */
  millis: number
}>

/** Transmissions before a router counts as silent. */
const TRIES = 3

/** Asks a router whether it is there (BEP 5 `ping`). @throws {Unreachable}, or the signal's reason */
export async function ping(endpoint: Endpoint, signal?: AbortSignal): Promise<Pong> {
  const candidates = await addressesOf(endpoint)
  await using socket = await KrpcSocket.open()
  const ask = (to: UdpAddress, scope: AbortSignal) =>
    socket.run<Pong | undefined>((settle) => new PingCall(to, socket.timeoutMs(to), settle), scope)
  const pong = await firstAnswer(candidates, ask, signal ?? new AbortController().signal)
  if (!pong) throw new Unreachable(`nobody answers at ${formatEndpoint(endpoint)}`)
  return pong
}

class PingCall implements Call {
  readonly timed = true
  readonly #to: UdpAddress
  readonly #timeoutMs: number
  readonly #settle: (pong: Pong | undefined) => void
  #sentMs = 0

  constructor(to: UdpAddress, timeoutMs: number, settle: (pong: Pong | undefined) => void) {
    this.#to = to
    this.#timeoutMs = timeoutMs
    this.#settle = settle
  }

  attempt(sent: number): Attempt | undefined {
    if (sent === TRIES) return undefined
    this.#sentMs = performance.now()
    return { datagram: { to: this.#to, method: 'ping', args: {} }, waitMs: this.#timeoutMs * 2 ** sent }
  }

  answered(answer: Answer): Next {
    if (answer.kind === 'error') return 'wait' // whoever refuses a ping is no router
    const seen = answer.ip && parseCompactAddress(answer.ip)
    this.#settle({
      from: formatUdp(answer.from),
      nodeId: answer.id,
      seenAs: seen && formatUdp(seen),
      millis: performance.now() - this.#sentMs,
    })
    return 'done'
  }

  unanswered(): void {
    this.#settle(undefined)
  }
}
