import { parseKey, toZBase32 } from '@p2pmsg/protocol'
import { type Static, Type } from 'typebox'
import type { Context } from '../context.ts'
import { feedPath } from '../formats/addresses.ts'
import { originOf } from '../http/origin.ts'
import { ProblemError } from '../problem.ts'
import { type App, hosted } from './route.ts'
import { answer, problems } from './schemas.ts'

export const AuthorJson = Type.Object(
  {
    author: Type.String({ description: 'An Ed25519 public key in z-base-32.' }),
    receiver: Type.String({ description: 'In whose feed this is so.' }),
    name: Type.Union([Type.String(), Type.Null()], {
      description: 'What the author calls itself there; anyone may take any name.',
    }),
    about: Type.Union([Type.String(), Type.Null()]),
    messages: Type.Integer({
      description: 'Messages of the author in this feed, tombstones included; counted up to 10,000.',
    }),
    feed: Type.String({ format: 'uri', description: 'The messages themselves.' }),
  },
  { $id: 'Author', title: 'An author in one feed' },
)

const AuthorQuery = Type.Object({
  receiver: Type.Optional(
    Type.String({ description: "The feed, by its receiver's key; the default feed if absent.", maxLength: 64 }),
  ),
})

/** What a key says about itself in a feed. A name is a feed's, not the world's: another feed may know the key by another one. */
export function authorRoutes(app: App, context: Context): void {
  app.get(
    '/v1/authors/:key',
    {
      schema: {
        operationId: 'readAuthor',
        summary: 'An author in one feed',
        tags: ['feeds'],
        params: Type.Object({ key: Type.String({ description: "The author's key.", maxLength: 64 }) }),
        querystring: AuthorQuery,
        response: {
          200: answer('What the key said about itself.', 'application/json', Type.Ref('Author')),
          ...problems(400, 404),
        },
      },
    },
    async (request, reply) => {
      const author = parseKey(request.params.key)
      if (!author)
        throw new ProblemError('malformed', '`key` must be a key: 52 characters of z-base-32 or 64 hex digits.')
      const named = request.query.receiver
      const receiver = named === undefined ? context.defaultReceiver : parseKey(named)
      if (!receiver) throw new ProblemError('unknown-receiver', 'Name the feed: `?receiver=` and its key.')
      hosted(receiver, context)
      const { name, about, messages } = await context.reader.author({ receiver, author })
      const [key, origin] = [toZBase32(author), originOf(request, context.publicUrl)]
      const told: Static<typeof AuthorJson> = {
        author: key,
        receiver: toZBase32(receiver),
        name: name === '' ? null : name,
        about: about === '' ? null : about,
        messages,
        feed: `${origin}${feedPath(receiver)}?author=${key}`,
      }
      return reply
        .header('cache-control', 'no-store')
        .type('application/json; charset=utf-8')
        .send(JSON.stringify(told))
    },
  )
}
