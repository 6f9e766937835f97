import { httpStatus, isRefusalCode, isTemporary, meaningOf, REFUSAL_CODES, type RefusalCode } from '@p2pmsg/protocol'
import type { FastifyReply } from 'fastify'
import { problemGiven } from './events.ts'

/** What HTTP can say beside the refusal codes that all ways into the cluster share. */
const HTTP_CODES = {
  'not-found': { status: 404, title: 'There is nothing at this address.' },
  'not-acceptable': { status: 406, title: 'This is not available in any of the formats asked for.' },
  /** As a refusal it speaks of a message; here a reader's request is meant. */
  malformed: { status: 400, title: 'A part of the request cannot be used.' },
  'search-off': { status: 501, title: 'This service does not search.' },
  'rate-limited': { status: 429, title: 'This client asks too often.' },
  internal: { status: 500, title: 'This service made a mistake.' },
} as const

export type ProblemCode = RefusalCode | keyof typeof HTTP_CODES
export const PROBLEM_MEDIA_TYPE = 'application/problem+json'
/** How long a client should wait before it asks again after a temporary problem, seconds. */
const RETRY_AFTER_SECONDS = 1

/** RFC 9457, with the code that programs go by. */
export type Problem = Readonly<{
  type: string
  title: string
  status: number
  detail: string
  code: ProblemCode
  retryable: boolean
  /** Seconds. */
  retry_after?: number
}>

/** Thrown by a route and answered as problem+json, or as a page to whoever reads pages. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError'
  readonly problem: Problem

  /** @param retryAfter seconds, of a temporary problem */
  constructor(code: ProblemCode, detail: string, retryAfter?: number) {
    super(detail)
    this.problem = problem(code, detail, retryAfter)
  }
}

export function problem(code: ProblemCode, detail: string, retryAfter = RETRY_AFTER_SECONDS): Problem {
  const retryable = isRefusalCode(code) && isTemporary(code)
  const { status, title } = isHttpCode(code) ? HTTP_CODES[code] : { status: httpStatus(code), title: meaningOf(code) }
  return {
    type: `/problems/${code}`,
    title,
    status,
    detail,
    code,
    retryable,
    ...(retryable ? { retry_after: retryAfter } : {}),
  }
}

export const PROBLEM_CODES: readonly ProblemCode[] = [
  ...new Set([...REFUSAL_CODES, ...(Object.keys(HTTP_CODES) as ProblemCode[])]),
]

export function isProblemCode(code: string): code is ProblemCode {
  return isRefusalCode(code) || isHttpCode(code)
}

function isHttpCode(code: string): code is keyof typeof HTTP_CODES {
  return Object.hasOwn(HTTP_CODES, code)
}

export function sendProblem(reply: FastifyReply, given: Problem): FastifyReply {
  problemGiven(given.code)
  if (given.retry_after !== undefined) reply.header('retry-after', given.retry_after)
  return reply
    .code(given.status)
    .header('cache-control', 'no-store')
    .type(PROBLEM_MEDIA_TYPE)
    .send(JSON.stringify(given))
}
