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
    next(request.routeOptions.config.unlimited ? undefined : turnedAway(clients.take(request.ip)))
  })
}

/** Charges a client for what its request costs beyond others. @throws {ProblemError} `rate-limited`: it has asked for too much */
export function charge(clients: Context['clients'], ip: string, cost: number): void {
  const problem = turnedAway(clients.take(ip, cost))
  if (problem) throw problem
}

/** @param seconds until the client may ask again; 0 = it may now */
function turnedAway(seconds: number): ProblemError | undefined {
  if (seconds === 0) return undefined
  return new ProblemError('rate-limited', 'Too many requests from this address in too short a time.', seconds)
}
