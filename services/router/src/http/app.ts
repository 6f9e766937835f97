import type { AddressInfo } from 'node:net'
import cors from '@fastify/cors'
import { MESSAGE_HTTP_BYTES_MAX, MESSAGE_MEDIA_TYPE } from '@p2pmsg/protocol'
import { listenHost } from '@p2pmsg/runtime'
import { type FastifyError, type FastifyInstance, fastify } from 'fastify'
import { type PostParts, postMessage } from './post-message.ts'
import { sendProblem } from './problem.ts'

export type HttpOptions = Readonly<{
  httpHost: string
  /** 0 = any free port. */
  httpPort: number
  /** Addresses and networks whose X-Forwarded-For is believed. */
  trustedProxies: readonly string[]
}>

/** Connections at once; further ones are refused by the kernel's answer to a closed door. */
const CONNECTIONS_MAX = 4_096
/** A request must have come in whole within this, milliseconds. */
const REQUEST_MS_MAX = 15_000
/** An idle connection is kept this long, milliseconds. */
const KEEP_ALIVE_MS = 30_000
/** How long a browser may remember that it may post here, seconds. */
const PREFLIGHT_SECONDS = 86_400

/** The router's HTTP door: for messages that no datagram holds, and senders that cannot send any. */
export async function startHttp(options: HttpOptions, parts: PostParts): Promise<AsyncDisposable & { port: number }> {
  const app = await createApp(options, parts)
  try {
    await app.listen({ host: await listenHost(options.httpHost), port: options.httpPort })
  } catch (thrown) {
    await app.close()
    throw thrown
  }
  const { port } = app.server.address() as AddressInfo
  return { port, [Symbol.asyncDispose]: () => app.close() }
}

async function createApp(options: HttpOptions, parts: PostParts): Promise<FastifyInstance> {
  const app = fastify({
    logger: false, // bodies and addresses are nobody's business
    bodyLimit: MESSAGE_HTTP_BYTES_MAX,
    requestTimeout: REQUEST_MS_MAX,
    keepAliveTimeout: KEEP_ALIVE_MS,
    trustProxy: options.trustedProxies.length > 0 ? [...options.trustedProxies] : false,
  })
  app.server.maxConnections = CONNECTIONS_MAX
  // Any page may post a signed message; there are no credentials that it could borrow.
  await app.register(cors, {
    origin: '*',
    methods: ['POST'],
    allowedHeaders: ['content-type'],
    exposedHeaders: ['retry-after'],
    maxAge: PREFLIGHT_SECONDS,
  })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(MESSAGE_MEDIA_TYPE, { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  app.setErrorHandler((error: FastifyError, _request, reply) => sendProblem(reply, codeOf(error)))
  app.setNotFoundHandler((_request, reply) => sendProblem(reply, 'not-found'))
  app.post('/v1/messages', postMessage(parts))
  return app
}

function codeOf(error: FastifyError) {
  switch (error.statusCode) {
    case 413:
      return 'too-large'
    case 415:
      return 'unsupported-media-type'
    case undefined:
    case 500:
      return 'internal'
    default:
      return 'malformed'
  }
}
