import { type Policy, type RefusalCode, toHex } from '@p2pmsg/protocol'

/** Whether a receiver takes messages of this author: a block wins over an allow list. */
export function refusalByPolicy(policy: Policy, author: Uint8Array): RefusalCode | undefined {
  if (policy.allow === null && policy.block.size === 0) return undefined
  const name = toHex(author)
  if (policy.block.has(name)) return 'blocked'
  return policy.allow !== null && !policy.allow.has(name) ? 'not-allowed' : undefined
}
