import {
  AGE_MS_MAX_DEFAULT,
  DATAGRAM_IN_BYTES_MAX,
  FUTURE_MS_MAX,
  MESSAGE_HTTP_BYTES_MAX,
  PAGE_ROWS_MAX,
  REFUSAL_CODES,
  TOPIC_BYTES_MAX,
  toZBase32,
  VALUE_HTTP_BYTES_MAX,
  VALUE_UDP_BYTES_MAX,
} from '@p2pmsg/protocol'
import { Type } from 'typebox'
import { ASSETS } from '../assets.ts'
import type { Context } from '../context.ts'
import { LIMIT_DEFAULT, SEARCH_CHARACTERS_MAX } from '../feed/question.ts'
import { problemPage } from '../formats/html/problem-page.ts'
import { BURST_SECONDS, LIVE_PER_CLIENT_MAX } from '../http/client-limits.ts'
import { sendTagged } from '../http/conditional.ts'
import { isProblemCode, ProblemError, problem } from '../problem.ts'
import type { App } from './route.ts'

const SHORT = 'public, max-age=300'

/** What the service says about itself, and the files that its pages load. */
export function systemRoutes(app: App, context: Context): void {
  app.get(
    '/limits',
    {
      schema: {
        operationId: 'readLimits',
        summary: 'What senders and readers may ask for',
        tags: ['service'],
        response: { 200: Limits },
      },
    },
    (_request, reply) => {
      const { defaultReceiver } = context
      reply.header('cache-control', SHORT)
      return {
        ...LIMITS,
        ...readingLimits(context),
        default_receiver: defaultReceiver ? toZBase32(defaultReceiver) : null,
      }
    },
  )
  const hidden = { schema: { hide: true } }
  const probe = { ...hidden, config: { unlimited: true } }
  app.get('/openapi.json', hidden, (_request, reply) => reply.header('cache-control', SHORT).send(app.swagger()))
  app.get('/livez', probe, (_request, reply) => reply.header('cache-control', 'no-store').send({ status: 'alive' }))
  for (const path of ['/readyz', '/healthz']) {
    app.get(path, probe, (_request, reply) => {
      const missing = context.missing()
      const status = missing.length === 0 ? 'ready' : 'not ready'
      return reply
        .code(missing.length === 0 ? 200 : 503)
        .header('cache-control', 'no-store')
        .send({ status, missing })
    })
  }
  app.get('/problems/:code', { schema: { hide: true }, config: { forPeople: true } }, (request, reply) => {
    const { code } = request.params as { code: string }
    if (!isProblemCode(code)) throw new ProblemError('not-found', 'No problem has this code.')
    const told = problem(code, `Programs see this as the code “${code}”.`)
    return reply.header('cache-control', SHORT).type('text/html; charset=utf-8').send(problemPage(told))
  })
  for (const asset of ASSETS) {
    app.get(`/assets/${asset.name}`, hidden, (request, reply) =>
      sendTagged(request, reply, { ...asset, contentType: asset.type }, 'public, max-age=3600'),
    )
  }
}

function readingLimits({ clientRate }: Pick<Context, 'clientRate'>) {
  return { requests_per_second_max: clientRate, requests_burst_max: clientRate * BURST_SECONDS }
}

const Limits = Type.Object({
  value_udp_bytes_max: Type.Integer(),
  value_http_bytes_max: Type.Integer(),
  message_http_bytes_max: Type.Integer(),
  datagram_bytes_max: Type.Integer(),
  topic_bytes_max: Type.Integer(),
  clock_ahead_seconds_max: Type.Integer(),
  age_seconds_max_default: Type.Integer({ description: 'Unless the operator has set another.' }),
  page_messages_default: Type.Integer(),
  page_messages_max: Type.Integer(),
  search_characters_max: Type.Integer(),
  requests_per_second_max: Type.Integer({
    description: 'Of one client: an IPv4 address, or the /56 of an IPv6 address.',
  }),
  requests_burst_max: Type.Integer(),
  live_feeds_per_client_max: Type.Integer(),
  refusal_codes: Type.Array(Type.String()),
  default_receiver: Type.Union([Type.String(), Type.Null()]),
})

const LIMITS = {
  value_udp_bytes_max: VALUE_UDP_BYTES_MAX,
  value_http_bytes_max: VALUE_HTTP_BYTES_MAX,
  message_http_bytes_max: MESSAGE_HTTP_BYTES_MAX,
  datagram_bytes_max: DATAGRAM_IN_BYTES_MAX,
  topic_bytes_max: TOPIC_BYTES_MAX,
  clock_ahead_seconds_max: FUTURE_MS_MAX / 1000,
  age_seconds_max_default: AGE_MS_MAX_DEFAULT / 1000,
  page_messages_default: LIMIT_DEFAULT,
  page_messages_max: PAGE_ROWS_MAX,
  search_characters_max: SEARCH_CHARACTERS_MAX,
  live_feeds_per_client_max: LIVE_PER_CLIENT_MAX,
  refusal_codes: [...REFUSAL_CODES],
}
