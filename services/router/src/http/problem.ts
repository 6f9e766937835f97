import { httpStatus, isTemporary, meaningOf, type RefusalCode } from '@p2pmsg/protocol'
import type { FastifyReply } from 'fastify'
import { posted } from '../events.ts'

/** What HTTP can say beside the refusal codes that all ways into the cluster share. */
const HTTP_CODES = {
  'not-found': { status: 404, title: 'There is nothing at this address.' },
  'unsupported-media-type': { status: 415, title: 'Messages come as application/vnd.p2pmsg.message.' },
  internal: { status: 500, title: 'This service made a mistake.' },
} as const

type HttpCode = keyof typeof HTTP_CODES
/** How long to wait after a temporary refusal that does not say, seconds. */
const RETRY_AFTER_SECONDS = 1

/** Answers with a problem (RFC 9457) that names the code programs go by. @param retryAfterMs where we know it */
export function sendProblem(reply: FastifyReply, code: RefusalCode | HttpCode, retryAfterMs?: number): FastifyReply {
  const { status, title } = isHttpCode(code) ? HTTP_CODES[code] : { status: httpStatus(code), title: meaningOf(code) }
  const retryable = !isHttpCode(code) && isTemporary(code)
  const seconds = retryAfterMs === undefined ? RETRY_AFTER_SECONDS : Math.ceil(retryAfterMs / 1000)
  if (retryable) reply.header('retry-after', seconds)
  posted(status)
  return reply
    .code(status)
    .type('application/problem+json')
    .send(
      JSON.stringify({
        type: `/problems/${code}`,
        title,
        status,
        detail: title,
        code,
        retryable,
        ...(retryable ? { retry_after: seconds } : {}),
      }),
    )
}

function isHttpCode(code: RefusalCode | HttpCode): code is HttpCode {
  return Object.hasOwn(HTTP_CODES, code)
}
