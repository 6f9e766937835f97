import { Failure, type Logger } from '@p2pmsg/runtime'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { problemGiven } from './events.ts'
import { problemPage } from './formats/html/problem-page.ts'
import { type Problem, ProblemError, problem, sendProblem } from './problem.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** A page that people open: its problems are pages too. */
    forPeople?: boolean
  }
}

/** Turns whatever a route throws into a problem, once for all of them. */
export function answerProblems(app: FastifyInstance, log: Logger): void {
  app.setErrorHandler((error, request, reply) => answer(request, reply, problemOf(error as FastifyError, log)))
  app.setNotFoundHandler((request, reply) =>
    answer(request, reply, problem('not-found', 'This service has no such page; /openapi.json lists what it has.')),
  )
}

/** What fails before any route is found: an address that cannot be decoded, a head that cannot be read. */
export function answerFrameworkError(_error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  void answer(request, reply, problem('malformed', 'The address cannot be read.'))
}

function problemOf(error: FastifyError, log: Logger): Problem {
  if (error instanceof ProblemError) return error.problem
  if (error instanceof Failure) {
    log.warn({ err: error }, 'a question was not answered')
    return problem('unavailable', 'The store does not answer now. Try again in a moment.')
  }
  const status = error.statusCode ?? 500
  if (error.validation) return problem('malformed', `${error.message}.`)
  if (status === 503) return problem('unavailable', 'This process is about to stop; another will answer.')
  if (status >= 400 && status < 500) return problem('malformed', 'The request cannot be read.')
  log.error({ err: error }, 'a route failed')
  return problem('internal', 'The mistake has been logged.')
}

function answer(request: FastifyRequest, reply: FastifyReply, given: Problem): FastifyReply {
  if (!forPeople(request)) return sendProblem(reply, given)
  problemGiven(given.code)
  if (given.retry_after !== undefined) reply.header('retry-after', given.retry_after)
  return reply
    .code(given.status)
    .header('cache-control', 'no-store')
    .type('text/html; charset=utf-8')
    .send(problemPage(given))
}

function forPeople(request: FastifyRequest): boolean {
  return (
    request.routeOptions.config.forPeople === true ||
    (request.is404 && /\btext\/html\b/.test(request.headers.accept ?? ''))
  )
}
