import { AGE_MS_MAX_DEFAULT, type Envelope, OPEN_POLICY, parseMessage } from '@p2pmsg/protocol'
import { makeBatch, verifyBatch } from './batch.ts'
import { judge } from './judge.ts'

const ANYBODY = { policy: OPEN_POLICY, signable: true }

/**
 * Does to an envelope all that a judge may do to it, for whichever receiver, and forgets the outcome: whoever survives this
 * can be judged.
 */
export function rehearse(envelope: Envelope): void {
  judge(envelope, { host: () => ANYBODY, maxAgeMs: AGE_MS_MAX_DEFAULT })
  const message = parseMessage(envelope.payload)
  if (message.ok) verifyBatch(makeBatch([message.value]).batch)
}
