import { SEALED_TYPE } from '@p2pmsg/protocol'
import type { OpenedMessage } from '../open-feed-message.ts'
import { printable, printableLine } from './printable.ts'

const KEY_CHARACTERS = 8
/** What is shown of one body; a longer one would push all others off the screen. */
const BODY_CHARACTERS_MAX = 2_000

/** One message for a terminal. */
export function prettyMessage(message: OpenedMessage): string {
  const { author, authorName, topic, sent, received } = message
  const who = author === null ? 'unknown' : `${author.slice(0, KEY_CHARACTERS)}…`
  const name = authorName === null ? '' : ` “${printableLine(authorName)}”`
  const place = topic ? `  #${printableLine(topic)}` : ''
  const seal = message.opened ? '  (sealed)' : ''
  const head = `${printableLine(sent ?? received)}  ${printableLine(who)}${name}${place}${seal}  [${printableLine(message.cursor)}]`
  return `${head}\n${bodyOf(message).replace(/^/gm, '    ')}\n`
}

function bodyOf({ removed, text, type, body, opened }: OpenedMessage): string {
  if (removed) return '(removed)'
  if (text !== undefined) return printable(short(text))
  const bytes = body === undefined ? '' : `, ${Buffer.byteLength(body, 'base64url')} bytes`
  if (type !== SEALED_TYPE) return `(${printableLine(type ?? 'no text')}${bytes})`
  return `(sealed${bytes}${opened === false ? '; this key does not open it' : ''})`
}

function short(text: string): string {
  return text.length <= BODY_CHARACTERS_MAX
    ? text
    : `${text.slice(0, BODY_CHARACTERS_MAX)}… (${text.length} characters; --json prints all)`
}
