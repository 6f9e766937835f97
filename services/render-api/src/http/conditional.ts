import type { FastifyReply, FastifyRequest } from 'fastify'
import { encoded, encodingOf, isWorthIt } from './encoding.ts'

/** What goes out with a strong tag (RFC 9110 §8.8.3). */
export type Tagged = Readonly<{ body: Buffer; etag: string; contentType: string; link?: string }>

/** Always ask again: a removal must show at once, and asking is cheap. */
export const REVALIDATE = 'public, no-cache'
/** Tags in one If-None-Match that are looked at. */
const TAGS_MAX = 32

/** Answers with the bytes, compressed if the client likes, or with 304 to whoever has them already. */
export async function sendTagged(
  request: FastifyRequest,
  reply: FastifyReply,
  { body, etag, contentType, link }: Tagged,
  cacheControl = REVALIDATE,
): Promise<FastifyReply> {
  const encoding = isWorthIt(body) ? encodingOf(request) : 'identity'
  // Compressed bytes are other bytes, and a strong tag tells bytes apart.
  const tag = encoding === 'identity' ? etag : `${etag.slice(0, -1)}-${encoding}"`
  const vary = reply.getHeader('vary')
  reply
    .header('etag', tag)
    .header('cache-control', cacheControl)
    .header('vary', vary === undefined ? 'Accept-Encoding' : `${String(vary)}, Accept-Encoding`)
  if (link) reply.header('link', link)
  if (matches(request.headers['if-none-match'], tag)) return reply.code(304).send()
  if (encoding !== 'identity') reply.header('content-encoding', encoding)
  return reply.type(contentType).send(await encoded(body, encoding))
}

/** If-None-Match compares weakly (RFC 9110 §13.1.2): `W/` makes no difference. */
export function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false
  if (header.trim() === '*') return true
  const tags = header.split(',', TAGS_MAX).map((tag) => tag.trim().replace(/^W\//, ''))
  return tags.includes(etag)
}
