import {
  encodeLegacyMessage,
  isLegacyMessage,
  KEY_BYTES,
  parseLegacyMessage,
  type Telex,
  telexBytes,
  telexText,
  verifyLegacyMessage,
} from '@p2pmsg/protocol'
import { printableLine } from '../printable.ts'

const KEY_DIGITS_SHOWN = 12
/** Any receiver: the signature does not cover it. */
const ANYBODY = Buffer.alloc(KEY_BYTES)

/** A telex on one line: of a message what it says and whether that is signed, of anything else its JSON. */
export function telexLine(telex: Telex, json: boolean): string {
  const text = Buffer.from(telexBytes(telex)).toString('utf8')
  if (json) return JSON.stringify({ ...(JSON.parse(text) as object), ...signatureOf(telex) })
  const signature = signatureOf(telex)
  if (!signature) return printableLine(text)
  const key = printableLine(telexText(telex, '+key')?.slice(0, KEY_DIGITS_SHOWN) ?? '')
  return `${printableLine(telexText(telex, '+message') ?? '')}  (key ${key}…, signature ${signature.signature})`
}

function signatureOf(telex: Telex): { signature: 'valid' | 'not valid' } | undefined {
  if (!isLegacyMessage(telex)) return undefined
  const message = parseLegacyMessage(encodeLegacyMessage(ANYBODY, telex))
  return { signature: message.ok && verifyLegacyMessage(message.value) ? 'valid' : 'not valid' }
}
