import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import type { Context } from '../context.ts'
import { archiveQuestion, readCursor, toQuestion } from '../feed/question.ts'
import { type FormatName, MEDIA_TYPES, SUFFIXES } from '../formats/addresses.ts'
import { formats } from '../formats/formats.ts'
import { REVALIDATE, sendTagged } from '../http/conditional.ts'
import { originOf } from '../http/origin.ts'
import { ProblemError } from '../problem.ts'
import { HotPages } from './hot-pages.ts'
import { type App, ArchiveParams, FeedQuery, hosted, ReceiverParams, receiverOf } from './route.ts'
import { ConditionalHeaders, htmlPage, LINKED, MOVED, NOT_MODIFIED, problemPages, problems, TAGGED } from './schemas.ts'

const OFFERED = Object.values(MEDIA_TYPES)

/** An archive that another follows: whoever has it need not ask again so soon. A removal shows there when it is asked for again. */
const LASTING = 'public, max-age=86400'

/** A feed, page by page: one query, and a format by Accept or by the end of the path. `/` and `/tweets` show the default feed. */
export function feedRoutes(app: App, context: Context): void {
  const all = formats(context)
  const hot = new HotPages(context)
  const onRequest = hot.answer
  const answer = async (request: FastifyRequest, reply: FastifyReply, receiver: Uint8Array, name: FormatName) => {
    const question = toQuestion(receiver, request.query as Static<typeof FeedQuery>)
    const origin = originOf(request, context.publicUrl)
    const page = await context.pages.page(question, all[name], origin)
    hot.remember(request, reply, receiver, context.pages.keyOf(question, all[name], origin))
    return sendTagged(request, reply, page)
  }

  app.get(
    '/v1/feeds/:receiver',
    { onRequest, schema: describe('readFeed', 'One page of a feed', bodies('json', 'json-feed', 'atom', 'html'), 406) },
    async (request, reply) => {
      const entry = receiverOf(request, reply, context)
      if (!entry) return reply
      reply.header('vary', 'Accept')
      return answer(request, reply, entry.key, negotiated(request))
    },
  )

  const suffixed = { 'json-feed': 'readJsonFeed', atom: 'readAtomFeed', html: 'readFeedPage' } as const
  for (const [name, operationId] of Object.entries(suffixed) as ['json-feed' | 'atom' | 'html', string][]) {
    const schema = describe(operationId, `One page of a feed as ${MEDIA_TYPES[name]}`, bodies(name))
    const config = { forPeople: name === 'html' }
    app.get(`/v1/feeds/:receiver${SUFFIXES[name]}`, { onRequest, schema, config }, async (request, reply) => {
      const entry = receiverOf(request, reply, context)
      return entry ? answer(request, reply, entry.key, name) : reply
    })
  }

  app.get('/v1/feeds/:receiver/archive/:after/:until.atom', { schema: archiveSchema }, async (request, reply) => {
    const entry = receiverOf(request, reply, context)
    if (!entry) return reply
    const { after, until } = request.params
    const range = { after: readCursor('after', after), until: readCursor('until', until) }
    if (range.after >= range.until) throw new ProblemError('malformed', 'An archive ends behind its beginning.')
    const page = await context.pages.page(
      archiveQuestion(entry.key, range),
      all.atom,
      originOf(request, context.publicUrl),
    )
    return sendTagged(request, reply, page, page.lasting ? LASTING : REVALIDATE)
  })

  for (const [path, operationId] of [
    ['/', 'readFirstPage'],
    ['/tweets', 'readTweets'],
  ] as const) {
    app.get(
      path,
      {
        onRequest,
        schema: {
          operationId,
          summary: 'One page of the default feed, for people',
          tags: ['pages'],
          headers: ConditionalHeaders,
          querystring: FeedQuery,
          response: {
            200: htmlPage('Newest first; works without a script.', LINKED),
            304: NOT_MODIFIED,
            ...problemPages(400, 404, 501),
          },
        },
        config: { forPeople: true },
      },
      async (request, reply) => {
        const { defaultReceiver } = context
        if (!defaultReceiver)
          throw new ProblemError('not-found', 'No feed is shown here. A feed is at /v1/feeds/ and its key.')
        return answer(request, reply, hosted(defaultReceiver, context).key, 'html')
      },
    )
  }
}

/** @throws {ProblemError} `not-acceptable` */
function negotiated(request: FastifyRequest): FormatName {
  const { accept } = request.headers
  if (accept === undefined || accept === '*/*' || accept === MEDIA_TYPES.json) return 'json'
  const chosen = request.accepts().type(OFFERED)
  const name = (Object.keys(MEDIA_TYPES) as FormatName[]).find((format) => MEDIA_TYPES[format] === chosen)
  if (!name) throw new ProblemError('not-acceptable', `Offered are ${OFFERED.join(', ')}.`)
  return name
}

function bodies(...names: readonly FormatName[]): object {
  const schema = (name: FormatName) =>
    name === 'json' ? Type.Ref('Feed') : name === 'json-feed' ? Type.Ref('JsonFeed') : Type.String()
  return Object.fromEntries(names.map((name) => [MEDIA_TYPES[name], { schema: schema(name) }]))
}

function describe(operationId: string, summary: string, content: object, ...statuses: readonly 406[]) {
  return {
    operationId,
    summary,
    tags: ['feeds'],
    headers: ConditionalHeaders,
    params: ReceiverParams,
    querystring: FeedQuery,
    response: {
      200: { description: 'Newest first, or oldest first behind `after`.', headers: LINKED, content },
      304: NOT_MODIFIED,
      308: MOVED,
      ...problems(400, 404, ...statuses, 501),
    },
  }
}

const archiveSchema = {
  operationId: 'readAtomArchive',
  summary: 'An archive of a feed',
  description:
    'An Atom archive document (RFC 5005 §4), newest first: the messages behind `after`, up to and with `until`, tombstones included. `prev-archive` in `.atom` leads to the newest one, each leads to the one before and behind it, and together they hold each message of the feed once. A message that its author removes becomes a tombstone in its place, and the tag changes.',
  tags: ['feeds'],
  headers: ConditionalHeaders,
  params: ArchiveParams,
  response: {
    200: { description: 'Newest first.', headers: TAGGED, content: { [MEDIA_TYPES.atom]: { schema: Type.String() } } },
    304: NOT_MODIFIED,
    308: MOVED,
    ...problems(400, 404),
  },
} as const
