import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'

const END = '38666817e1b38470644e004b9356c1622368fa57'
const HEARD_MAX = 10_000

type Telex = Record<string, unknown>

/** A program like `server.js` of 2011: no ring of its own, echoes whatever number it is told. */
export class ThinClient implements AsyncDisposable {
  /** What it was sent with signals in it. */
  readonly heard: Telex[] = []
  readonly seen = new Set<string>()
  line: number | undefined
  readonly #socket: Socket
  #port: number
  #tap: unknown

  private constructor(socket: Socket, port: number) {
    this.#socket = socket
    this.#port = port
    socket.on('message', (bytes: Buffer) => this.#receive(JSON.parse(bytes.toString('utf8')) as Telex))
  }

  static async open(routerPort: number): Promise<ThinClient> {
    const socket = createSocket('udp4')
    socket.bind(0, '127.0.0.1')
    await once(socket, 'listening')
    return new ThinClient(socket, routerPort)
  }

  #receive(telex: Telex): void {
    const number = telex['_ring'] ?? telex['_line']
    if (typeof number === 'number') {
      this.line = number
      if (this.#tap !== undefined) this.send({ '.tap': this.#tap, _line: number, _to: '208.68.163.247:42424' })
    }
    for (const address of (telex['.see'] ?? []) as string[]) this.seen.add(address)
    if (Object.keys(telex).some((name) => name.startsWith('+')) && this.heard.length < HEARD_MAX) this.heard.push(telex)
  }

  send(telex: Telex): void {
    this.#socket.send(JSON.stringify(telex), this.#port, '127.0.0.1')
  }

  dial(): void {
    this.send({ '+end': END })
  }

  tap(rules: unknown): void {
    this.#tap = rules
    this.dial()
  }

  /** As after a router that forgot us: the tap on the line that another one opened. */
  tapAgain(rules: unknown): void {
    this.#tap = rules
    this.send({ '.tap': rules, _line: this.line })
  }

  say(signals: Telex): void {
    this.send({ ...signals, _hop: 1 })
  }

  moveTo(routerPort: number): void {
    this.#port = routerPort
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#socket, 'close')
    this.#socket.close()
    await closed
  }
}
