import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { listenHost } from './listen-host.ts'

/**
 * `/livez`, `/readyz` and `/metrics` of one process. Ready means that this process can do its own part; it stays ready
 * while it drains, so that existing UDP flows are not cut over.
 */
export class Health implements AsyncDisposable {
  readonly #parts = new Map<string, () => boolean>()
  readonly #server = createServer((request, response) => this.#answer(request, response))
  #started = false
  #metrics: RequestListener = (_, response) => response.writeHead(503).end()

  /** Names a part that must be there before the process is ready. */
  ready(part: string, isReady: () => boolean): void {
    this.#parts.set(part, isReady)
  }

  /** The service's own start is over. */
  started(): void {
    this.#started = true
  }

  get missing(): string[] {
    const missing = [...this.#parts].filter(([, isReady]) => !isReady()).map(([part]) => part)
    return this.#started ? missing : ['start', ...missing]
  }

  /** @returns the port, which differs from the one given when that was 0 @throws the operating system's error, e.g. EADDRINUSE */
  async listen(port: number, host: string): Promise<number> {
    // Loaded here and not above: whoever merely uses this library must not start an SDK by importing it.
    const { prometheus } = await import('./telemetry.ts')
    this.#metrics = (request, response) => prometheus.getMetricsRequestHandler(request, response)
    this.#server.listen(port, await listenHost(host))
    await once(this.#server, 'listening')
    return (this.#server.address() as AddressInfo).port
  }

  readonly #answer: RequestListener = (request, response) => {
    const path = (request.url ?? '').split('?', 1)[0]
    if (path === '/metrics') {
      this.#metrics(request, response)
      return
    }
    const missing = this.missing
    const [status, text] =
      path === '/livez'
        ? [200, 'alive\n']
        : path === '/readyz'
          ? missing.length === 0
            ? [200, 'ready\n']
            : [503, `not ready: ${missing.join(', ')}\n`]
          : [404, 'no such page: /livez, /readyz, /metrics\n']
    response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' }).end(text)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#server.listening) return
    this.#server.close()
    this.#server.closeAllConnections()
    await once(this.#server, 'close')
  }
}
