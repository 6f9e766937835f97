import type { FastifyReply, FastifyRequest } from 'fastify'

/** What goes out with a strong tag (RFC 9110 §8.8.3). */
export type Tagged = Readonly<{ body: Buffer; etag: string; contentType: string; link?: string }>

/** Always ask again: a removal must show at once, and asking is cheap. */
export const REVALIDATE = 'public, no-cache'
/** Tags in one If-None-Match that are looked at. */
const TAGS_MAX = 32

/** Answers with the bytes, or with 304 to whoever has them already. */
export function sendTagged(
  request: FastifyRequest,
  reply: FastifyReply,
  tagged: Tagged,
  cacheControl = REVALIDATE,
): FastifyReply {
  reply.header('etag', tagged.etag).header('cache-control', cacheControl)
  if (tagged.link) reply.header('link', tagged.link)
  if (matches(request.headers['if-none-match'], tagged.etag)) return reply.code(304).send()
  return reply.type(tagged.contentType).send(tagged.body)
}

/** If-None-Match compares weakly (RFC 9110 §13.1.2): `W/` makes no difference. */
export function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false
  if (header.trim() === '*') return true
  const tags = header.split(',', TAGS_MAX).map((tag) => tag.trim().replace(/^W\//, ''))
  return tags.includes(etag)
}
