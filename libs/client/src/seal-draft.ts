import { randomBytes } from 'node:crypto'
import { encodeContent, KEY_BYTES, parseContent, SEALED_TYPE, sealBody, sealKeyOf } from '@p2pmsg/protocol'
import { checkDraft, type MessageDraft } from './compose.ts'
import { BadDraft } from './failures.ts'

/**
 * The draft of a message that only the receiver reads: its text or body and its type go under a seal. Topic, the message that it
 * answers and expiry stay outside, where the cluster goes by them.
 * @param author Ed25519, of whoever will sign it
 * @param receiver Ed25519
 * @param sealKey X25519, from the receiver's record; without one its own key is converted
 * @throws {BadDraft}
 */
export function sealDraft(
  draft: MessageDraft,
  author: Uint8Array,
  receiver: Uint8Array,
  sealKey: Uint8Array | undefined,
): MessageDraft {
  checkDraft(draft)
  const { topic, replyTo, expires, ...said } = draft
  const value = encodeContent(said)
  if (!parseContent({ salt: receiver, value }).ok) throw new BadDraft('nobody could read such a message')
  const to = sealKey ?? sealKeyOf(receiver)
  const body = to && sealBody(value, author, to, randomBytes(KEY_BYTES))
  if (!body?.ok) throw new BadDraft("nothing can be sealed to this receiver's key")
  return {
    type: SEALED_TYPE,
    body: body.value,
    ...(topic !== undefined && { topic }),
    ...(replyTo !== undefined && { replyTo }),
    ...(expires !== undefined && { expires }),
  }
}
