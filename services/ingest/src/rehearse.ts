import { AGE_MS_MAX_DEFAULT, type Envelope, OPEN_POLICY, parseMessage } from '@p2pmsg/protocol'
import { makeBatch, verifyBatch } from './batch.ts'
import { judge } from './judge.ts'
import { judgeLegacy } from './judge-legacy.ts'

const ANYBODY = { policy: OPEN_POLICY, signable: true }

/**
 * Does to an envelope all that a judge may do to it, for whichever receiver, and forgets the outcome: whoever survives this
 * can be judged.
 */
export function rehearse(envelope: Envelope): void {
  const rules = { host: () => ANYBODY, maxAgeMs: AGE_MS_MAX_DEFAULT }
  if (envelope.dialect === 'telex') {
    judgeLegacy(envelope, rules)
    return
  }
  judge(envelope, rules)
  const message = parseMessage(envelope.payload)
  if (message.ok) verifyBatch(makeBatch([message.value]).batch)
}
