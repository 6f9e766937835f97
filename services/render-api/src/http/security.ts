import type { FastifyInstance } from 'fastify'

/** Nothing but our own stylesheet, script, icon and live feed; no frame around us, no form to elsewhere (CSP level 3). */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "style-src 'self'",
  "script-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ')

const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'cross-origin', // feeds are for everybody
  'access-control-allow-origin': '*', // and never with credentials
  'access-control-expose-headers': 'Link, ETag, Retry-After',
}

/** The same as a flat list, for who writes a whole head at once. */
export const SECURITY_HEADERS: readonly string[] = Object.entries(HEADERS).flat()

/** How long a browser may remember that it may ask, seconds. */
const PREFLIGHT_SECONDS = 86_400

/** Sets what every answer carries and answers CORS preflights. */
export function secure(app: FastifyInstance): void {
  // On the way out, so that a page that brings its whole head along does not pay twice.
  app.addHook('onSend', (_request, reply, payload, next) => {
    reply.headers(HEADERS)
    next(null, payload)
  })
  app.options('/*', { schema: { hide: true } }, (_request, reply) =>
    reply
      .code(204)
      .headers({
        'access-control-allow-methods': 'GET, HEAD',
        'access-control-allow-headers': 'Accept, If-None-Match, Last-Event-ID',
        'access-control-max-age': String(PREFLIGHT_SECONDS),
      })
      .send(),
  )
}
