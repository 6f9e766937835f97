import type { ServerResponse } from 'node:http'
import type { FastifyReply } from 'fastify'
import { Type } from 'typebox'
import type { Context } from '../context.ts'
import { readCursor, toQuestion } from '../feed/question.ts'
import { LIVE_PER_CLIENT_MAX } from '../http/client-limits.ts'
import { originOf } from '../http/origin.ts'
import { SECURITY_HEADERS } from '../http/security.ts'
import { SSE_MEDIA_TYPE } from '../live/sse.ts'
import { ProblemError } from '../problem.ts'
import { type App, FeedQuery, ReceiverParams, receiverOf } from './route.ts'
import { answer, MOVED, problems } from './schemas.ts'

const LiveQuery = Type.Object({
  cursor: Type.Optional(Type.String({ description: 'Go on behind this; Last-Event-ID wins over it.', maxLength: 16 })),
  ...Type.Pick(FeedQuery, ['author', 'topic', 'reply_to']).properties,
  q: Type.Optional(Type.String({ description: 'Refused: words are searched for in the store, not in what is new.' })),
})

const LiveHeaders = Type.Object({
  'last-event-id': Type.Optional(Type.String({ description: 'The `id` of the last event seen: go on behind it.' })),
})

/** A feed as it grows (server-sent events). */
export function liveRoutes(app: App, context: Context): void {
  app.get(
    '/v1/feeds/:receiver/live',
    {
      exposeHeadRoute: false,
      schema: {
        operationId: 'followFeed',
        summary: 'A feed as it grows',
        description:
          'Server-sent events. Each message is one event whose `id` is its cursor and whose data is a Message. First comes everything behind the cursor given, then what is new; nothing is left out and nothing comes twice. Named events: `gap` (the cursor given is not of this log; the stream begins at the oldest message), and before the stream ends `slow`, `drain` or `gone`, each with the cursor to come back with.',
        tags: ['feeds'],
        headers: LiveHeaders,
        params: ReceiverParams,
        querystring: LiveQuery,
        response: {
          200: answer('Events until either side ends it.', 'text/event-stream', Type.String()),
          308: MOVED,
          ...problems(400, 404),
        },
      },
    },
    async (request, reply) => {
      const entry = receiverOf(request, reply, context)
      if (!entry) return reply
      const { cursor, ...params } = request.query
      const { author, topic, replyTo, search } = toQuestion(entry.key, params)
      if (search !== undefined) throw new ProblemError('malformed', '`q`: a live feed cannot be searched.')
      const lastEventId = request.headers['last-event-id']
      const text = (Array.isArray(lastEventId) ? lastEventId[0] : lastEventId) || cursor
      const from = text === undefined ? undefined : readCursor('cursor', text)
      const origin = originOf(request, context.publicUrl)
      const filter = { author, topic, replyTo }
      const end = context.clients.beginLive(request.ip)
      if (!end) {
        throw new ProblemError('rate-limited', `One client may follow ${LIVE_PER_CLIENT_MAX} feeds at a time.`)
      }
      if (reply.raw.destroyed) end()
      else reply.raw.once('close', end)
      await context.live.follow({ filter, receiver: entry.key, origin, from }, () => begin(reply))
      return reply
    },
  )
}

function begin(reply: FastifyReply): ServerResponse {
  reply.hijack()
  const { raw } = reply
  const own = {
    'content-type': SSE_MEDIA_TYPE,
    'cache-control': 'no-store',
    connection: 'close', // when the stream ends, so does the connection: a drain waits for none
    'x-accel-buffering': 'no', // nginx would hold events back
  }
  for (let at = 0; at < SECURITY_HEADERS.length; at += 2) {
    raw.setHeader(SECURITY_HEADERS[at] ?? '', SECURITY_HEADERS[at + 1] ?? '')
  }
  raw.writeHead(200, own)
  raw.socket?.setNoDelay(true)
  return raw
}
