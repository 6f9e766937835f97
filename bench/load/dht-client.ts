import { type ChildProcess, fork } from 'node:child_process'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ServerKind, ServerReport } from './dht-server.ts'

const SOCKET_BUFFER_BYTES = 4 << 20
/** Questions without an answer at a time. */
const WINDOW = 128
/** When nothing has come for so long, the window counts as lost and is sent anew, milliseconds. */
const STALL_MS = 500
/** What a single answer may take, milliseconds. */
const ANSWER_MS = 10_000

/** Networks that the questions come from, in turn: one alone may not store as much as is measured. */
const SOURCES = 8

/** A measured process, and sockets that ask it. */
export class DhtLoad implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #sockets: readonly Socket[]
  readonly #port: number

  private constructor(child: ChildProcess, sockets: readonly Socket[], port: number) {
    this.#child = child
    this.#sockets = sockets
    this.#port = port
  }

  static async start(kind: ServerKind): Promise<DhtLoad> {
    const child = fork(new URL('./dht-server.ts', import.meta.url), [kind], { execArgv: ['--expose-gc'] })
    const [report] = (await once(child, 'message')) as [ServerReport]
    const sockets = await Promise.all(Array.from({ length: SOURCES }, (_, n) => open(`127.0.${n}.1`)))
    return new DhtLoad(child, sockets, 'port' in report ? report.port : 0)
  }

  /** CPU time and memory of the measured process so far. */
  async usage(): Promise<{ cpuMicros: number; heapBytes: number }> {
    const answer = once(this.#child, 'message') as Promise<[{ cpuMicros: number; heapBytes: number }]>
    this.#child.send('usage')
    return (await answer)[0]
  }

  /** One question, one answer; to be used between runs. @param n says from which source */
  async ask(bytes: Uint8Array, n: number): Promise<Uint8Array> {
    const socket = this.#sockets[n % SOURCES] as Socket
    const answer = once(socket, 'message', { signal: AbortSignal.timeout(ANSWER_MS) }) as Promise<[Uint8Array]>
    socket.send(bytes, this.#port, '127.0.0.1')
    return (await answer)[0]
  }

  /** Asks until `total` answers have come. @param question the nth one, sent from source n % {@link SOURCES} @returns CPU microseconds per answer */
  async run(total: number, question: (n: number) => Uint8Array): Promise<number> {
    const before = await this.usage()
    let [sent, answered, stalledAt] = [0, 0, 0]
    const send = () => {
      const n = sent++
      this.#sockets[n % SOURCES]?.send(question(n), this.#port, '127.0.0.1')
    }
    await new Promise<void>((resolve) => {
      const timer = setInterval(() => {
        if (answered === stalledAt) for (let i = 0; i < WINDOW; i++) send()
        stalledAt = answered
      }, STALL_MS)
      const onMessage = () => {
        if (++answered < total) return send()
        clearInterval(timer)
        for (const socket of this.#sockets) socket.off('message', onMessage)
        resolve()
      }
      for (const socket of this.#sockets) socket.on('message', onMessage)
      for (let i = 0; i < WINDOW; i++) send()
    })
    const after = await this.usage()
    await sleep(STALL_MS) // answers on their way are nobody's
    return (after.cpuMicros - before.cpuMicros) / total
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.close()
    const gone = once(this.#child, 'exit')
    this.#child.disconnect()
    await gone
  }
}

async function open(address: string): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', lookup: (host, _options, done) => done(null, host, 4) })
  const listening = once(socket, 'listening') // first: with such a resolver `bind` is done before it returns
  socket.bind(0, address)
  await listening
  socket.setRecvBufferSize(SOCKET_BUFFER_BYTES)
  return socket
}
