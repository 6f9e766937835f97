import type { Server } from 'node:http'
import type { Socket } from 'node:net'

/**
 * Connections on which nothing was asked yet: browsers and clients open them ahead of need. Node does not count them as idle, so a
 * server that closes would wait for them until they time out.
 */
export class SilentConnections {
  readonly #open = new Set<Socket>() // as many as the system lets the server accept

  constructor(server: Server) {
    server.on('connection', (socket) => {
      this.#open.add(socket)
      socket.once('close', () => this.#open.delete(socket))
    })
  }

  /** Those who asked something get their answer. */
  end(): void {
    for (const socket of this.#open) if (socket.bytesRead === 0) socket.destroy()
  }
}
