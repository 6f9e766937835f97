import { fromBase64Url, openBody, parseKey, SEALED_TYPE, type SealKeys, toBase64Url } from '@p2pmsg/protocol'
import type { FeedMessage } from './api/feed-api.ts'

/** A message wherever it was got: from a feed's service, or pushed over a pipe. */
export type ShownMessage = Omit<FeedMessage, 'url'>

/** A sealed message with what stood under its seal; `opened` is false, and nothing else another, where these keys do not open it. */
export type OpenedMessage = ShownMessage & Readonly<{ opened?: boolean }>

/** What a message of a feed says to whoever holds the keys that it was sealed to; any other message as it is. */
export function openFeedMessage(message: ShownMessage, keys: SealKeys): OpenedMessage {
  if (message.type !== SEALED_TYPE || message.removed) return message
  const author = message.author === null ? undefined : parseKey(message.author)
  const body = message.body === undefined ? undefined : fromBase64Url(message.body)
  const opened = author && body ? openBody(body, author, keys) : undefined
  if (!opened?.ok) return { ...message, opened: false }
  const { type, text } = opened.value
  const { body: _sealed, ...around } = message
  const said = text === undefined ? { body: toBase64Url(opened.value.body) } : { text }
  return { ...around, type, ...said, opened: true }
}
