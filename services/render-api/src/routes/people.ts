import type { Context } from '../context.ts'
import { toQuestion } from '../feed/question.ts'
import { htmlFormat } from '../formats/formats.ts'
import { sendTagged } from '../http/conditional.ts'
import { originOf } from '../http/origin.ts'
import { ProblemError } from '../problem.ts'
import { type App, FeedQuery, hosted, ReceiverParams, receiverOf } from './route.ts'

/** Pages for people: the default feed at `/` and at its ancestor's address, any other under its own. */
export function peopleRoutes(app: App, context: Context): void {
  const format = htmlFormat(context)
  const forPeople = { config: { forPeople: true } }
  for (const path of ['/', '/tweets']) {
    app.get(path, { ...forPeople, schema: { hide: true, querystring: FeedQuery } }, async (request, reply) => {
      const { defaultReceiver } = context
      if (!defaultReceiver)
        throw new ProblemError('not-found', 'No feed is shown here. A feed is at /v1/feeds/ and its key.')
      const question = toQuestion(hosted(defaultReceiver, context).key, request.query)
      return sendTagged(
        request,
        reply,
        await context.pages.page(question, format, originOf(request, context.publicUrl)),
      )
    })
  }
  app.get(
    '/v1/feeds/:receiver.html',
    { ...forPeople, schema: { hide: true, params: ReceiverParams, querystring: FeedQuery } },
    async (request, reply) => {
      const entry = receiverOf(request, reply, context)
      if (!entry) return reply
      const question = toQuestion(entry.key, request.query)
      return sendTagged(
        request,
        reply,
        await context.pages.page(question, format, originOf(request, context.publicUrl)),
      )
    },
  )
}
