import {
  type Envelope,
  legacyAuthor,
  legacyId,
  parseLegacyMessage,
  type RefusalCode,
  verifyLegacyMessage,
} from '@p2pmsg/protocol'
import type { Host, Rules } from './judge.ts'
import { refusalByPolicy } from './policy.ts'

export type LegacyJudgement<H extends Host> =
  | Readonly<{ code: undefined; id: Uint8Array; host: H }>
  | Readonly<{ code: RefusalCode; id?: undefined; host: H | undefined }>

/**
 * Everything about a message of 2011, its signature included: at the rates that routers let through, and with the small exponent of
 * its keys, that is not worth a thread. It names no time, so it is never too old; the time at which it came is part of its id.
 */
export function judgeLegacy<H extends Host>(envelope: Envelope, rules: Rules<H>): LegacyJudgement<H> {
  const parsed = parseLegacyMessage(envelope.payload)
  if (!parsed.ok) return { code: 'malformed', host: undefined }
  const message = parsed.value
  const host = rules.host(message.receiver)
  if (!host) return { code: 'unknown-receiver', host }
  const code =
    refusalByPolicy(host.policy, legacyAuthor(message.n)) ??
    (host.signable ? undefined : 'unavailable') ??
    (verifyLegacyMessage(message) ? undefined : 'bad-signature')
  return code === undefined ? { code, id: legacyId(message, envelope.receivedMs), host } : { code, host }
}
