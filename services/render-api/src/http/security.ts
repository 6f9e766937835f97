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

/** How long a browser may remember that it may ask, seconds. */
const PREFLIGHT_SECONDS = 86_400

/** Sets what every answer carries and answers CORS preflights. */
export function secure(app: FastifyInstance): void {
  app.addHook('onRequest', (_request, reply, next) => {
    reply.headers(HEADERS)
    next()
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
