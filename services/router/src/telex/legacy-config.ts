import { parseAddress, parseRsaKeys, type RsaKeys } from '@p2pmsg/protocol'
import type { Env } from '@p2pmsg/runtime'

/** How this router treats the programs of 2011. */
export type LegacyConfig = Readonly<{
  /** Whose messages they are, 32 bytes; undefined = signals are relayed and nothing is kept. */
  receiver: Uint8Array | undefined
  /** Signals from addresses that proved nothing, in all, per second. */
  perSecond: number
  /** Datagrams to addresses that peers name, in all, per second; 0 = this router only ever answers. */
  dialsPerSecond: number
  /** Signs accepted messages of `receiver` for receivers of 2011; undefined = they are offered nothing. */
  keys: RsaKeys | undefined
}>

const PER_SECOND = 50
const DIALS_PER_SECOND = 2
const RATE_MAX = 100_000

export function readLegacy(env: Env): LegacyConfig {
  const limits = { min: 0, max: RATE_MAX }
  return {
    receiver: readReceiver(env),
    perSecond: env.int('P2PMSG_LEGACY_RATE', { fallback: PER_SECOND, ...limits }),
    dialsPerSecond: env.int('P2PMSG_LEGACY_DIALS', { fallback: DIALS_PER_SECOND, ...limits }),
    keys: readKeys(env),
  }
}

function readReceiver(env: Env): Uint8Array | undefined {
  const text = env.optional('P2PMSG_LEGACY_RECEIVER')
  if (text === undefined) return undefined
  const address = parseAddress(text)
  if (address.ok) return address.value.receiver
  env.problem('P2PMSG_LEGACY_RECEIVER', 'must be the address or the key of a receiver')
  return undefined
}

function readKeys(env: Env): RsaKeys | undefined {
  const name = 'P2PMSG_LEGACY_KEY_FILE'
  if (env.optional(name) === undefined) return undefined
  if (env.optional('P2PMSG_LEGACY_RECEIVER') === undefined) {
    env.problem(name, 'needs P2PMSG_LEGACY_RECEIVER: whose messages are to be signed with it')
  }
  const keys = parseRsaKeys(env.file(name))
  if (keys.ok) return keys.value
  env.problem(name, 'must be a key file of 2011, {"public": hex, "private": hex}; `p2pmsg telex keygen` makes one')
  return undefined
}
