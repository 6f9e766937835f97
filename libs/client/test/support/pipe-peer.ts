// A router's pipes on a real port, answering as a test likes. The real router's own door is tried in tests/integration.
import { randomBytes } from 'node:crypto'
import { PipeServer, type PipeServerOptions, pipeKeysOf } from '@p2pmsg/protocol'
import { Driver } from '@p2pmsg/udp'

/** What all routers of the cluster share. */
const SECRET = Buffer.alloc(32, 9)
export const PIPE_KEY = pipeKeysOf(SECRET).publicKey

export class PipePeer implements AsyncDisposable {
  readonly server: PipeServer
  readonly #driver: Driver

  private constructor(server: PipeServer, driver: Driver) {
    this.server = server
    this.#driver = driver
  }

  /** @param port 0 = any free one */
  static async start(events: Partial<PipeServerOptions>, port = 0): Promise<PipePeer> {
    const server = new PipeServer({
      keys: [pipeKeysOf(SECRET)],
      secrets: [SECRET],
      random: randomBytes,
      onMessage: () => undefined,
      onTap: () => undefined,
      onUntap: () => undefined,
      onRoom: () => undefined,
      onClosed: () => undefined,
      onProved: () => undefined,
      ...events,
    })
    return new PipePeer(server, await Driver.start(server, { host: '127.0.0.1', port }))
  }

  get port(): number {
    return this.#driver.port
  }

  /** Sends its clients to other routers. */
  drain(): void {
    this.server.stopTaking()
    this.#driver.send(this.server.flush(this.#driver.now()))
  }

  /** Goes without a word, as a router that is killed. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#driver[Symbol.asyncDispose]()
  }
}
