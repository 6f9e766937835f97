import type { FastifyInstance } from 'fastify'
import type { Context } from '../context.ts'
import { ProblemError } from '../problem.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Asked by machines that keep this process alive. */
    unlimited?: boolean
  }
}

/** Turns away a client that asks more often than it may, before anything is done for it. */
export function limit(app: FastifyInstance, { clients }: Pick<Context, 'clients'>): void {
  app.addHook('onRequest', (request, _reply, next) => {
    const seconds = request.routeOptions.config.unlimited ? 0 : clients.take(request.ip)
    if (seconds === 0) next()
    else next(new ProblemError('rate-limited', 'Too many requests from this address in too short a time.', seconds))
  })
}
