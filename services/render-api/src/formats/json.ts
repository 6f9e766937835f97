import { toBase64Url } from '@p2pmsg/protocol'
import { type Static, Type } from 'typebox'
import type { Item, Page } from '../feed/present.ts'

const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()])

const Cursor = Type.String({ pattern: '^[A-Za-z0-9_-]{12}$', description: 'Opaque; the same in every format.' })
const Position = Type.String({
  pattern: '^[0-9]{1,19}$',
  description: 'A place in the log: a decimal number beyond what a double holds.',
})
const Key = Type.String({ pattern: '^[a-z0-9]{52}$', description: 'An Ed25519 public key in z-base-32.' })
const Id = Type.String({
  pattern: '^[0-9a-f]{64}$',
  description: "SHA-256 of the author's key and the signed bytes, in hex.",
})
const Time = Type.String({ format: 'date-time' })

const PLACE = {
  id: Id,
  position: Position,
  cursor: Cursor,
  author: Nullable(Key),
  authorName: Nullable(
    Type.String({ description: 'What the author calls itself in this feed; anyone may take any name.' }),
  ),
  topic: Nullable(Type.String()),
  type: Nullable(Type.String({ description: 'Content type of the body.' })),
  text: Type.Optional(Type.String({ description: 'The body of a text type.' })),
  body: Type.Optional(Type.String({ description: 'Any other body, in base64url.' })),
  legacy: Type.Optional(
    Type.Literal(true, { description: 'Signed as in 2011: such a signature can be forged today.' }),
  ),
  profile: Type.Optional(Type.Object({ name: Type.String(), about: Type.String() })),
  replyTo: Nullable(Id),
  expires: Nullable(Time),
  sent: Nullable(Type.String({ format: 'date-time', description: "The author's clock: shown, never sorted by." })),
  received: Time,
  stored: Time,
  dialect: Type.String({ description: 'The way it came in.' }),
  url: Type.String({ format: 'uri' }),
  removed: Type.Optional(Type.Literal(true, { description: 'A tombstone: its author removed it, or it has expired.' })),
} as const

export const MessageJson = Type.Object(PLACE, { $id: 'Message', title: 'A message in a feed' })
export type MessageJson = Static<typeof MessageJson>

export const FeedJson = Type.Object(
  {
    receiver: Key,
    messages: Type.Array(Type.Unsafe<MessageJson>(Type.Ref('Message'))),
    next: Nullable(
      Type.String({
        description:
          'The cursor that goes on in the same order; null at the end. A page of a search may hold few messages or none, and go on.',
      }),
    ),
    prev: Nullable(Type.String({ description: 'The cursor that goes the other way; null where nothing can be.' })),
    resume: Nullable(Type.String({ description: 'Ask `?after=` this for whatever is newer than this page.' })),
    applied: Position,
    revision: Position,
  },
  { $id: 'Feed', title: 'One page of a feed' },
)
export type FeedJson = Static<typeof FeedJson>

export const SignedMessageJson = Type.Object(
  {
    ...PLACE,
    receiver: Nullable(Key),
    message: Nullable(
      Type.String({ description: 'The message as signed, canonical bencode of {k, salt, seq, sig, v}, in base64url.' }),
    ),
  },
  { $id: 'SignedMessage', title: 'A message with its signed bytes' },
)
export type SignedMessageJson = Static<typeof SignedMessageJson>

/** @param origin where this service is reached, e.g. `https://feeds.example.org` */
export function messageJson(item: Item, origin: string): MessageJson {
  const { said } = item
  const place = { id: item.id, position: item.position.toString(), cursor: item.cursor }
  const way = { received: item.received, stored: item.stored, dialect: item.dialect, url: `${origin}/m/${item.id}` }
  if (!said) {
    const nothing = {
      author: null,
      authorName: null,
      topic: null,
      type: null,
      replyTo: null,
      expires: null,
      sent: null,
    }
    return { ...place, ...nothing, ...way, ...(item.gone === 'unreadable' ? {} : { removed: true as const }) }
  }
  return {
    ...place,
    author: said.author,
    authorName: said.name ?? null,
    topic: said.topic,
    type: said.type,
    ...(said.legacy ? { legacy: true as const } : {}),
    ...(said.profile ? { profile: said.profile } : {}),
    ...(said.text !== undefined ? { text: said.text } : said.body.length > 0 ? { body: toBase64Url(said.body) } : {}),
    replyTo: said.replyTo ?? null,
    expires: said.expires ?? null,
    sent: said.sent,
    ...way,
  }
}

export function feedJson(page: Page, origin: string): FeedJson {
  return {
    receiver: page.receiver,
    messages: page.items.map((item) => messageJson(item, origin)),
    next: page.next ?? null,
    prev: page.prev ?? null,
    resume: page.resume ?? null,
    applied: page.applied.toString(),
    revision: page.revision.toString(),
  }
}
