import type { FastifyRequest } from 'fastify'

/** A host as it may stand in a URL: what a client says must not reach a page otherwise. */
const HOST = /^(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?$/

/** Where this service is reached: as configured, else as the request says (RFC 9110 §7.2), else relative to itself. */
export function originOf(request: Pick<FastifyRequest, 'host' | 'protocol'>, publicUrl: string | undefined): string {
  if (publicUrl !== undefined) return publicUrl
  return HOST.test(request.host) ? `${request.protocol}://${request.host}` : 'http://localhost'
}
