import type { FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify'
import type { Context } from '../context.ts'
import type { Pages } from '../feed/pages.ts'
import { sendTagged } from '../http/conditional.ts'
import { originOf } from '../http/origin.ts'

/** Requests that are remembered; beyond, all are forgotten and learnt again. */
const REQUESTS_MAX = 2_000
/** A longer request is read each time, UTF-16 code units. */
const REQUEST_LENGTH_MAX = 512

type Hot = Readonly<{ receiver: Uint8Array; key: string; vary: string | undefined }>

/**
 * Requests of a page that is read much are spelled alike, and to read them costs more than to send the page: what the spelling
 * means is remembered from the first one, and where that page is still true, nothing else of the next one is looked at.
 */
export class HotPages {
  readonly #context: Pick<Context, 'receivers' | 'publicUrl'> & Readonly<{ pages: Pick<Pages, 'hot'> }>
  readonly #known = new Map<string, Hot>() // bounded by REQUESTS_MAX and REQUEST_LENGTH_MAX

  constructor(context: Pick<Context, 'receivers' | 'publicUrl' | 'pages'>) {
    this.#context = context
  }

  /** Of the routes whose requests are remembered. */
  readonly answer: onRequestHookHandler = (request, reply, next) => {
    const { receivers, pages } = this.#context
    const known = this.#known.get(this.#spellingOf(request))
    const page = known && receivers.get(known.receiver) ? pages.hot(known.key, known.receiver) : undefined
    if (!page) return next()
    if (known?.vary !== undefined) reply.header('vary', known.vary)
    const sent = sendTagged(request, reply, page)
    if (sent instanceof Promise) sent.catch((error: unknown) => reply.send(error))
  }

  /** @param key names the page that answers it */
  remember(request: FastifyRequest, reply: FastifyReply, receiver: Uint8Array, key: string): void {
    const spelling = this.#spellingOf(request)
    if (spelling.length > REQUEST_LENGTH_MAX) return
    if (this.#known.size >= REQUESTS_MAX) this.#known.clear()
    const vary = reply.getHeader('vary')
    this.#known.set(spelling, { receiver, key, vary: vary === undefined ? undefined : String(vary) })
  }

  /** All that an answer depends on before its encoding. */
  #spellingOf(request: FastifyRequest): string {
    return `${request.url} ${request.headers.accept} ${originOf(request, this.#context.publicUrl)}`
  }
}
