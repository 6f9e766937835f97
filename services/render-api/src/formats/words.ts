import { DELETE_TYPE, SEALED_TYPE } from '@p2pmsg/protocol'
import type { Item } from '../feed/present.ts'

/** What stands in the place of a message that is not shown. */
export const GONE: Readonly<Record<NonNullable<Item['gone']>, string>> = {
  removed: 'This message was removed by its author.',
  expired: 'This message has expired.',
  unreadable: 'This message cannot be shown here.',
}

/** A message in plain words, for formats that know nothing but text. */
export function wordsOf({ said, gone }: Item): string {
  if (!said) return GONE[gone ?? 'removed']
  if (said.profile) return [said.profile.name, said.profile.about].filter((text) => text !== '').join(': ')
  if (said.type === DELETE_TYPE) return 'Removed its own message.'
  if (said.type === SEALED_TYPE) return `Sealed: ${said.body.length} bytes that only the receiver can open.`
  return said.text ?? `${said.body.length} bytes of ${said.type}.`
}

export function titleOf(receiver: string, name: string | undefined): string {
  return name ?? `Feed ${receiver.slice(0, 8)}…`
}

/** RFC 6920: an id that is a SHA-256 digest, and therefore the same wherever and whenever the message is read. */
export function entryId(id: string): string {
  return `ni:///sha-256;${Buffer.from(id, 'hex').toString('base64url')}`
}
