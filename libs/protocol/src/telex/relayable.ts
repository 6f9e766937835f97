import { equalBytes } from '../bytes/bytes.ts'
import { isLegacyMessage } from './legacy-message.ts'
import { isContactable, parsePop } from './switch-address.ts'
import { HOP_MAX, hasSignals, hopOf, type Telex, textOf } from './telex.ts'

export type RelayFault = 'no-signals' | 'bad-hop' | 'hops-used-up' | 'would-crash' | 'bad-pop'

export type RelaySender = Readonly<{
  /** 16 bytes; undefined = another router of this cluster, which has looked already. */
  ip: Uint8Array | undefined
  proved: boolean
  localNetwork: boolean
}>

/** Why a telex's signals go no further, or undefined. */
export function relayFault(telex: Telex, sender: RelaySender): RelayFault | undefined {
  if (!hasSignals(telex)) return 'no-signals'
  const hop = hopOf(telex)
  if (hop === undefined) return 'bad-hop'
  if (hop >= HOP_MAX) return 'hops-used-up'
  // `server.js` throws and exits on a key that is an array or a signature that is no string.
  if (telex.members.has('+key') && !isLegacyMessage(telex)) return 'would-crash'
  return telex.members.has('+pop') && !isFairPop(telex, sender) ? 'bad-pop' : undefined
}

/** `+pop` makes whoever hears it send to an address: only a proved sender may ask for that, and only for its own host. */
function isFairPop(telex: Telex, { ip, proved, localNetwork }: RelaySender): boolean {
  const pop = parsePop(textOf(telex, '+pop') ?? '')
  if (!pop || !proved || !isContactable(pop, localNetwork)) return false
  return ip === undefined || equalBytes(pop.ip, ip)
}
