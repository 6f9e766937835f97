/**
 * Readers of one page over kept connections, in a process of their own so that their cost is not counted with the server's. Each
 * sends its next request when it has the whole answer to the one before.
 */
import { connect, type Socket } from 'node:net'
import { percentiles } from '../load/percentiles.ts'

export type ReadOrder = Readonly<{ url: string; connections: number; requests: number }>
export type ReadResult = Readonly<{
  answers: number
  /** Answers that were not 200. */
  refused: number
  seconds: number
  ms: ReturnType<typeof percentiles>
}>

/** A head that does not end within this many bytes is no answer. */
const HEAD_BYTES_MAX = 16_384

/** One connection: says when it has a whole answer. */
class Connection {
  readonly socket: Socket
  readonly #onAnswer: (status: number) => void
  #buffered = Buffer.alloc(0) // at most a head
  #bodyLeft = 0
  #status = 0

  constructor(url: URL, onAnswer: (status: number) => void) {
    this.socket = connect(Number(url.port), url.hostname)
    this.#onAnswer = onAnswer
    this.socket.setNoDelay(true).on('data', (bytes) => this.#take(bytes))
  }

  #take(bytes: Buffer): void {
    let body = bytes
    if (this.#bodyLeft === 0) {
      this.#buffered = Buffer.concat([this.#buffered, bytes])
      const end = this.#buffered.indexOf('\r\n\r\n')
      if (end < 0) {
        if (this.#buffered.length > HEAD_BYTES_MAX) throw new Error('an answer without an end of its head')
        return
      }
      const head = this.#buffered.toString('latin1', 0, end)
      this.#status = Number(head.slice(9, 12))
      this.#bodyLeft = Number(/^content-length: (\d+)/im.exec(head)?.[1])
      body = this.#buffered.subarray(end + 4)
      this.#buffered = Buffer.alloc(0)
    }
    this.#bodyLeft -= body.length
    if (this.#bodyLeft === 0) this.#onAnswer(this.#status)
  }
}

async function readAll({ url, connections, requests }: ReadOrder): Promise<ReadResult> {
  const target = new URL(url)
  const request = `GET ${target.pathname}${target.search} HTTP/1.1\r\nhost: ${target.host}\r\naccept: */*\r\n\r\n`
  const latencies: number[] = []
  let [begun, refused] = [0, 0]
  const started = performance.now()
  const { promise: finished, resolve, reject } = Promise.withResolvers<void>()
  const open = Array.from({ length: connections }, () => {
    let sentMs = 0
    const send = () => {
      if (begun >= requests) return
      begun++
      sentMs = performance.now()
      connection.socket.write(request)
    }
    const connection = new Connection(target, (status) => {
      latencies.push(performance.now() - sentMs)
      if (status !== 200) refused++
      if (latencies.length === requests) resolve()
      send()
    })
    connection.socket.on('connect', send).on('error', reject)
    connection.socket.on('close', () => reject(new Error('the server closed a connection')))
    return connection
  })
  await finished
  const seconds = (performance.now() - started) / 1000
  for (const { socket } of open) socket.destroy()
  return { answers: latencies.length, refused, seconds, ms: percentiles(latencies) }
}

process.on('message', (order: ReadOrder) => void readAll(order).then((result) => process.send?.(result)))
