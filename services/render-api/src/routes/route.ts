import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import { fromZBase32, KEY_BYTES, PAGE_ROWS_MAX, parseKey, type ReceiverEntry, toZBase32 } from '@p2pmsg/protocol'
import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify'
import { Type } from 'typebox'
import type { Context } from '../context.ts'
import { LIMIT_DEFAULT, SEARCH_CHARACTERS_MAX } from '../feed/question.ts'
import { ProblemError } from '../problem.ts'

export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>

export const ReceiverParams = Type.Object({
  receiver: Type.String({ description: "The receiver's key in z-base-32 (hex is redirected).", maxLength: 64 }),
})
const End = Type.String({ description: 'A cursor.', maxLength: 16 })
export const ArchiveParams = Type.Object({ ...ReceiverParams.properties, after: End, until: End })
export const IdParams = Type.Object({ id: Type.String({ description: 'A message id: 64 hex digits.', maxLength: 64 }) })

/** The one query that every format of a feed takes. */
export const FeedQuery = Type.Object({
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: PAGE_ROWS_MAX, default: LIMIT_DEFAULT })),
  before: Type.Optional(Type.String({ description: 'Cursor: newest first, older than this.', maxLength: 16 })),
  after: Type.Optional(Type.String({ description: 'Cursor: oldest first, newer than this.', maxLength: 16 })),
  author: Type.Optional(Type.String({ description: 'Only messages of this key (z-base-32 or hex).', maxLength: 64 })),
  topic: Type.Optional(Type.String({ description: 'Only messages with this topic.', maxLength: 64 })),
  reply_to: Type.Optional(Type.String({ description: 'Only answers to this message id.', maxLength: 64 })),
  q: Type.Optional(
    Type.String({
      description: `Only messages with these words, at most ${SEARCH_CHARACTERS_MAX} characters. Quotes keep words together, \`or\` gives a choice, \`-\` leaves out.`,
      maxLength: SEARCH_CHARACTERS_MAX,
    }),
  ),
})

/**
 * The hosted receiver that a path names. A key in hex is redirected to its one address.
 * @returns undefined when the redirect has been sent
 * @throws {ProblemError} `unknown-receiver`
 */
export function receiverOf(
  request: FastifyRequest,
  reply: FastifyReply,
  context: Pick<Context, 'receivers'>,
): ReceiverEntry | undefined {
  const { receiver } = request.params as { receiver: string }
  const key = parseKey(receiver)
  if (!key) throw new ProblemError('unknown-receiver', 'A receiver is named by its key: 52 characters of z-base-32.')
  if (!fromZBase32(receiver, KEY_BYTES)) {
    reply.redirect(request.url.replace(receiver, toZBase32(key)), 308)
    return undefined
  }
  return hosted(key, context)
}

export function hosted(receiver: Uint8Array, { receivers }: Pick<Context, 'receivers'>): ReceiverEntry {
  const entry = receivers.get(receiver)
  if (!entry) throw new ProblemError('unknown-receiver', `No receiver ${toZBase32(receiver)} is hosted here.`)
  return entry
}
