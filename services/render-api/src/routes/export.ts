import { pipeline, Readable } from 'node:stream'
import { createGzip } from 'node:zlib'
import { type FeedQuestion, type Position, toBase64Url } from '@p2pmsg/protocol'
import { Type } from 'typebox'
import type { Context } from '../context.ts'
import { entryOf } from '../feed/entry.ts'
import { itemOf } from '../feed/present.ts'
import { toQuestion } from '../feed/question.ts'
import { messageJson } from '../formats/json.ts'
import { encodingOf } from '../http/encoding.ts'
import { originOf } from '../http/origin.ts'
import { ProblemError } from '../problem.ts'
import { type App, FeedQuery, ReceiverParams, receiverOf } from './route.ts'
import { answer, MOVED, problems } from './schemas.ts'

const NDJSON_MEDIA_TYPE = 'application/x-ndjson'
/** Exports under way at once: each keeps one question to the store going. */
export const EXPORTS_MAX = 16
/** Rows in one question. */
const PAGE_ROWS = 200

/** A whole feed, oldest first, one message a line with its signed bytes; tombstones too. As fast as the reader takes it. */
export function exportRoutes(app: App, context: Context): void {
  let underWay = 0
  app.get(
    '/v1/feeds/:receiver.ndjson',
    {
      schema: {
        operationId: 'exportFeed',
        summary: 'A whole feed',
        description:
          'Oldest first, one SignedMessage (without `receiver`) a line, tombstones included, up to what was stored when the end was reached. A transfer that breaks off is incomplete; go on with `?after=` the last cursor.',
        tags: ['feeds'],
        params: ReceiverParams,
        querystring: Type.Pick(FeedQuery, ['after', 'author', 'topic', 'reply_to', 'q']),
        response: {
          200: answer('Lines of JSON.', NDJSON_MEDIA_TYPE, Type.String()),
          308: MOVED,
          ...problems(400, 404, 501),
        },
      },
    },
    async (request, reply) => {
      const entry = receiverOf(request, reply, context)
      if (!entry) return reply
      const question = toQuestion(entry.key, { ...request.query, limit: PAGE_ROWS })
      if (underWay >= EXPORTS_MAX) throw new ProblemError('busy', 'Too many feeds are being exported at this moment.')
      underWay++
      const lines = Readable.from(linesOf(context, question, originOf(request, context.publicUrl)), {
        objectMode: false,
      })
      lines.once('close', () => underWay--)
      reply.header('cache-control', 'no-store').header('vary', 'Accept-Encoding').type(NDJSON_MEDIA_TYPE)
      if (encodingOf(request) !== 'gzip') return reply.send(lines)
      // A failure on either side ends both: the reader sees a transfer that breaks off, not a feed that ends early.
      return reply.header('content-encoding', 'gzip').send(pipeline(lines, createGzip(), () => undefined))
    },
  )
}

async function* linesOf(
  { reader, names, now }: Context,
  question: FeedQuestion,
  origin: string,
): AsyncGenerator<string> {
  let after: Position | undefined = question.after ?? 0n
  while (after !== undefined) {
    const { rows, more, reached } = await reader.feed({ ...question, after })
    const entries = rows.map((row) => entryOf(row, now()))
    const authors = entries.flatMap(({ message }) => (message ? [message.key] : []))
    const known = await names.of(question.receiver, authors)
    const lines = entries.map((entry) => {
      const signed = entry.state === 'shown' ? toBase64Url(entry.row.message) : null
      return `${JSON.stringify({ ...messageJson(itemOf(entry, known), origin), message: signed })}\n`
    })
    if (lines.length > 0) yield lines.join('')
    after = more ? (reached ?? rows.at(-1)?.position) : undefined
  }
}
