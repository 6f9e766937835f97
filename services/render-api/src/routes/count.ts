import { COUNT_MAX, toZBase32 } from '@p2pmsg/protocol'
import { type Static, Type } from 'typebox'
import type { Context } from '../context.ts'
import { toQuestion } from '../feed/question.ts'
import { type App, FeedQuery, ReceiverParams, receiverOf } from './route.ts'
import { answer, MOVED, problems } from './schemas.ts'

export const CountJson = Type.Object(
  {
    receiver: Type.String({ description: 'Whose feed it is, in z-base-32.' }),
    messages: Type.Integer({ description: 'Messages in the feed that were not removed.' }),
    more: Type.Boolean({
      description: `There may be more: with a filter, messages are counted up to ${COUNT_MAX}; without one, all are.`,
    }),
  },
  { $id: 'Count', title: 'How many messages there are' },
)

/** How many messages a feed has: its own number is kept as it grows, and with a filter they are counted as far as that is cheap. */
export function countRoutes(app: App, { reader, receivers }: Context): void {
  app.get(
    '/v1/feeds/:receiver/count',
    {
      schema: {
        operationId: 'countMessages',
        summary: 'How many messages a feed has',
        tags: ['feeds'],
        params: ReceiverParams,
        querystring: Type.Pick(FeedQuery, ['author', 'topic', 'reply_to']),
        response: {
          200: answer('The number.', 'application/json', Type.Ref('Count')),
          308: MOVED,
          ...problems(400, 404),
        },
      },
    },
    async (request, reply) => {
      const entry = receiverOf(request, reply, { receivers })
      if (!entry) return reply
      const { messages, more } = await reader.count(toQuestion(entry.key, request.query))
      const told: Static<typeof CountJson> = { receiver: toZBase32(entry.key), messages, more }
      return reply
        .header('cache-control', 'no-store')
        .type('application/json; charset=utf-8')
        .send(JSON.stringify(told))
    },
  )
}
