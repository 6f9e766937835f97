import { KEY_BYTES, SIGNATURE_BYTES, verify } from '@p2pmsg/protocol'

/** Valid signatures remembered: the delegation, and the blocks that the messages in flight may have gone into. */
const REMEMBERED_MAX = 256

/**
 * {@link verify} that remembers what was valid: a block's receipts share its signature and its delegation, so that of 64 receipts
 * one costs two signature checks and the others none. Only valid ones are remembered; the oldest makes room.
 */
export function rememberedVerify(): typeof verify {
  const valid = new Set<string>() // BOUNDED by REMEMBERED_MAX
  return (signature, bytes, publicKey) => {
    if (signature.length !== SIGNATURE_BYTES || publicKey.length !== KEY_BYTES) return false // else two could look like one
    const whole = Buffer.concat([signature, publicKey, bytes]).toString('latin1')
    if (valid.has(whole)) return true
    if (!verify(signature, bytes, publicKey)) return false
    const [oldest] = valid
    if (valid.size >= REMEMBERED_MAX && oldest !== undefined) valid.delete(oldest)
    valid.add(whole)
    return true
  }
}
