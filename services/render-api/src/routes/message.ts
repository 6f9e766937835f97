import { createHash } from 'node:crypto'
import {
  equalBytes,
  formatCursor,
  isTemporary,
  MESSAGE_MEDIA_TYPE,
  meaningOf,
  toBase64Url,
  toHex,
  toZBase32,
} from '@p2pmsg/protocol'
import { Type } from 'typebox'
import { ASSETS_VERSION } from '../assets.ts'
import type { Context } from '../context.ts'
import { type Entry, entryOf } from '../feed/entry.ts'
import { type Item, itemOf } from '../feed/present.ts'
import { readId } from '../feed/question.ts'
import { ThreadQuestions, threadOf } from '../feed/thread.ts'
import { isoFromMs } from '../feed/times.ts'
import { pagePath } from '../formats/addresses.ts'
import { messagePage } from '../formats/html/message-page.ts'
import { messageJson, type SignedMessageJson } from '../formats/json.ts'
import { REVALIDATE, sendTagged } from '../http/conditional.ts'
import { charge } from '../http/limit.ts'
import { originOf } from '../http/origin.ts'
import { ProblemError } from '../problem.ts'
import { type App, IdParams } from './route.ts'
import { answer, ConditionalHeaders, htmlPage, NOT_MODIFIED, problemPages, problems, TAGGED } from './schemas.ts'
import { TraceJson } from './trace-json.ts'

type Found = Readonly<{ entry: Entry; item: Item; receiver: Uint8Array | undefined; feedName: string | undefined }>

/** A message by its id, for programs and for people, and what became of it. */
export function messageRoutes(app: App, context: Context): void {
  app.get(
    '/v1/messages/:id',
    {
      schema: {
        operationId: 'readMessage',
        summary: 'One message with its signed bytes',
        tags: ['messages'],
        headers: ConditionalHeaders,
        params: IdParams,
        response: {
          200: {
            description: 'The message; of a removed one, its tombstone.',
            headers: TAGGED,
            content: {
              'application/json': { schema: Type.Ref('SignedMessage') },
              [MESSAGE_MEDIA_TYPE]: { schema: Type.String({ format: 'binary' }) },
            },
          },
          304: NOT_MODIFIED,
          ...problems(400, 404),
        },
      },
    },
    async (request, reply) => {
      const found = await find(context, request.params.id)
      const signed = found.item.said ? found.entry.row.message : undefined
      reply.header('vary', 'Accept')
      if (signed && request.headers.accept?.includes(MESSAGE_MEDIA_TYPE)) {
        const body = Buffer.from(signed)
        return sendTagged(request, reply, { body, etag: tagOf(body), contentType: MESSAGE_MEDIA_TYPE })
      }
      const json: SignedMessageJson = {
        ...messageJson(found.item, originOf(request, context.publicUrl)),
        receiver: found.receiver ? toZBase32(found.receiver) : null,
        message: signed ? toBase64Url(signed) : null,
      }
      const body = Buffer.from(JSON.stringify(json))
      return sendTagged(request, reply, { body, etag: tagOf(body), contentType: 'application/json; charset=utf-8' })
    },
  )

  app.get(
    '/v1/messages/:id/trace',
    {
      schema: {
        operationId: 'traceMessage',
        summary: 'What became of a message',
        description:
          'Stored wins over any refusal of the same id. Refusals by a router are only counted, so a message that a router turned away is not found here.',
        tags: ['messages'],
        params: IdParams,
        response: {
          200: answer('Its stages.', 'application/json', Type.Ref('Trace')),
          ...problems(400, 404),
        },
      },
    },
    async (request, reply) => {
      const id = readId('id', request.params.id)
      const { stored, refused } = await context.reader.trace(id)
      if (!stored && !refused) {
        throw new ProblemError(
          'not-found',
          'Not stored and not refused by the cluster: on its way, turned away by a router, or never sent.',
        )
      }
      const trace: TraceJson = {
        id: toHex(id),
        stage: stored ? 'stored' : 'refused',
        ...(stored
          ? {
              stored: {
                position: stored.position.toString(),
                cursor: formatCursor(stored.position),
                received: isoFromMs(stored.receivedMs),
                accepted: stored.acceptedMs === undefined ? null : isoFromMs(stored.acceptedMs),
                stored: isoFromMs(stored.storedMs),
                removed: stored.removed,
              },
            }
          : {}),
        ...(refused
          ? {
              refused: {
                code: refused.code,
                meaning: meaningOf(refused.code),
                final: !isTemporary(refused.code),
                time: isoFromMs(refused.timeMs),
              },
            }
          : {}),
      }
      return reply
        .header('cache-control', 'no-store')
        .type('application/json; charset=utf-8')
        .send(JSON.stringify(trace))
    },
  )

  const questions = new ThreadQuestions(context.reader)
  app.get(
    '/m/:id',
    {
      schema: {
        operationId: 'readMessagePage',
        summary: 'One message, for people',
        tags: ['pages'],
        headers: ConditionalHeaders,
        params: IdParams,
        response: {
          200: htmlPage('The message with its thread.'),
          304: NOT_MODIFIED,
          410: htmlPage('Its author removed it, or it has expired.'),
          ...problemPages(400, 404),
        },
      },
      config: { forPeople: true },
    },
    async (request, reply) => {
      const { entry, item, receiver, feedName } = await find(context, request.params.id)
      if (!receiver) throw new ProblemError('not-found', 'This message belongs to no feed.')
      const pay = (asked: number) => charge(context.clients, request.ip, asked)
      const [thread, parent] = await Promise.all([
        threadOf({ ...context, questions, pay }, receiver, entry.row.id),
        parentOf(context, receiver, item),
      ])
      const around = { base: pagePath(receiver, context), name: feedName, receiver: toZBase32(receiver) }
      const body = messagePage({ item, parent, thread }, around)
      if (!item.said) reply.code(410)
      return sendTagged(
        request,
        reply,
        { body, etag: tagOf(body), contentType: 'text/html; charset=utf-8' },
        REVALIDATE,
      )
    },
  )
}

async function find({ reader, names, now }: Context, text: string): Promise<Found> {
  const id = readId('id', text)
  const { row, receiver } = await reader.message(id)
  if (!row) throw new ProblemError('not-found', 'No message with this id is stored here.')
  const entry = entryOf(row, now())
  const authors = [...(receiver ? [receiver] : []), ...(entry.message ? [entry.message.key] : [])]
  const known = receiver ? await names.of(receiver, authors) : new Map<string, string>()
  return { entry, receiver, item: itemOf(entry, known), feedName: receiver && known.get(toHex(receiver)) }
}

/** What a message answers, if that stands in the same feed. */
async function parentOf(context: Context, receiver: Uint8Array, { said }: Item): Promise<Item | undefined> {
  if (said?.replyTo === undefined) return undefined
  const found = await find(context, said.replyTo).catch((thrown: unknown) => {
    if (thrown instanceof ProblemError) return undefined // it may never have come
    throw thrown
  })
  return found?.receiver && equalBytes(found.receiver, receiver) ? found.item : undefined
}

function tagOf(body: Buffer): string {
  return `"${createHash('sha256').update(ASSETS_VERSION).update(body).digest('base64url').slice(0, 22)}"`
}
