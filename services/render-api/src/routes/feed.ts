import { Type } from 'typebox'
import type { Context } from '../context.ts'
import { toQuestion } from '../feed/question.ts'
import { jsonFormat } from '../formats/formats.ts'
import { sendTagged } from '../http/conditional.ts'
import { originOf } from '../http/origin.ts'
import { type App, FeedQuery, ReceiverParams, receiverOf } from './route.ts'
import { answer, NOT_MODIFIED, problems } from './schemas.ts'

/** A feed, page by page. */
export function feedRoutes(app: App, context: Context): void {
  app.get(
    '/v1/feeds/:receiver',
    {
      schema: {
        operationId: 'readFeed',
        summary: 'One page of a feed',
        tags: ['feeds'],
        params: ReceiverParams,
        querystring: FeedQuery,
        response: {
          200: answer('Newest first, or oldest first behind `after`.', 'application/json', Type.Ref('Feed')),
          304: NOT_MODIFIED,
          ...problems(400, 404, 503),
        },
      },
    },
    async (request, reply) => {
      const entry = receiverOf(request, reply, context)
      if (!entry) return reply
      const question = toQuestion(entry.key, request.query)
      const page = await context.pages.page(question, jsonFormat, originOf(request, context.publicUrl))
      return sendTagged(request, reply, page)
    },
  )
}
