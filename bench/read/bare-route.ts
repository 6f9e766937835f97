/** What a page is held against, in a process of its own: one fastify route that sends the same bytes from memory. */
import type { AddressInfo } from 'node:net'
import fastify from 'fastify'

/** The page as the bench hands it over (structured clone). */
export type BarePage = Readonly<{ body: Uint8Array; contentType: string }>

process.once('message', (pages: readonly BarePage[]) => {
  void (async () => {
    const app = fastify({ logger: false })
    for (const [index, page] of pages.entries()) {
      const body = Buffer.from(page.body)
      app.get(`/${index}`, (_request, reply) => reply.type(page.contentType).send(body))
    }
    await app.listen({ host: '127.0.0.1', port: 0 })
    process.send?.((app.server.address() as AddressInfo).port)
  })()
})
