import type { FastifyReply, FastifyRequest } from 'fastify'
import { encoded, encodingOf, isWorthIt } from './encoding.ts'
import { SECURITY_HEADERS } from './security.ts'

/** What goes out with a strong tag (RFC 9110 §8.8.3). */
export type Tagged = Readonly<{ body: Buffer; etag: string; contentType: string; link?: string }>

/** Always ask again: a removal must show at once, and asking is cheap. */
export const REVALIDATE = 'public, no-cache'
/** Tags in one If-None-Match that are looked at. */
const TAGS_MAX = 32

/** Answers with the bytes, compressed if the client likes, or with 304 to whoever has them already. */
export function sendTagged(
  request: FastifyRequest,
  reply: FastifyReply,
  { body, etag, contentType, link }: Tagged,
  cacheControl = REVALIDATE,
): FastifyReply | Promise<FastifyReply> {
  const encoding = isWorthIt(body) ? encodingOf(request) : 'identity'
  // Compressed bytes are other bytes, and a strong tag tells bytes apart.
  const tag = encoding === 'identity' ? etag : `${etag.slice(0, -1)}-${encoding}"`
  const vary = reply.getHeader('vary')
  const head = [...SECURITY_HEADERS, 'etag', tag, 'cache-control', cacheControl]
  head.push('vary', vary === undefined ? 'Accept-Encoding' : `${String(vary)}, Accept-Encoding`)
  if (link) head.push('link', link)
  if (matches(request.headers['if-none-match'], tag)) return write(reply, 304, head, undefined)
  if (encoding !== 'identity') head.push('content-encoding', encoding)
  const whole = (bytes: Buffer) => {
    head.push('content-type', contentType, 'content-length', String(bytes.length))
    return write(reply, reply.statusCode, head, bytes)
  }
  const bytes = encoded(body, encoding)
  return bytes instanceof Promise ? bytes.then(whole) : whole(bytes)
}

/** The head in one piece and the bytes, past fastify's own way, which costs a hot page more than all the rest of it. */
function write(reply: FastifyReply, status: number, head: string[], body: Buffer | undefined): FastifyReply {
  reply.hijack()
  reply.raw.writeHead(status, head)
  reply.raw.end(body)
  return reply
}

/** If-None-Match compares weakly (RFC 9110 §13.1.2): `W/` makes no difference. */
export function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false
  if (header.trim() === '*') return true
  const tags = header.split(',', TAGS_MAX).map((tag) => tag.trim().replace(/^W\//, ''))
  return tags.includes(etag)
}
