import {
  type Budget,
  type EntryDraft,
  fromBase64Url,
  fromHex,
  type Item,
  KEY_BYTES,
  type KeyPair,
  keyPairFromSeed,
  openRecord,
  type Policy,
  parseBudget,
  parsePolicy,
  parseRecordItem,
} from '@p2pmsg/protocol'
import { ConfigError, reasonOf } from '@p2pmsg/runtime'

/**
 * A receiver as a configuration asks for it: with a record that its owner signed elsewhere, or with a key to sign one here.
 *   {"name": text, "record": base64url, "policy": {…}, "budget": {…}}
 *   {"name": text, "keyFile": path of a file with the seed in hex, "policy": {…}, "budget": {…}}
 */
export type WantedReceiver = Readonly<
  { name: string; policy: Policy; budget: Budget } & ({ item: Item } | { keys: KeyPair })
>

/** Entries of one configuration. */
const WANTED_MAX = 10_000

/**
 * @param text a JSON list of the above @param readFile what a key file holds
 * @throws {ConfigError} naming the receiver and what is wrong with it; keys are not repeated
 */
export function parseWanted(text: string, readFile: (path: string) => string): WantedReceiver[] {
  const list = parseJson(text)
  if (!Array.isArray(list))
    throw new ConfigError('P2PMSG_RECEIVERS, or the file of P2PMSG_RECEIVERS_FILE, is no JSON list')
  if (list.length > WANTED_MAX)
    throw new ConfigError(`P2PMSG_RECEIVERS lists ${list.length} receivers: ${WANTED_MAX} are the most`)
  return list.map((json: unknown, index) => {
    const { name, record, keyFile, policy, budget } = (json ?? {}) as Record<string, unknown>
    const label = typeof name === 'string' ? name : String(index + 1)
    const who = `receiver ${label}`
    const rules = { policy: parsePolicy(policy ?? undefined), budget: parseBudget(budget ?? undefined) }
    if (!rules.policy)
      throw new ConfigError(`${who}: the policy is {"allow": [keys in hex] or null, "block": [keys in hex]}`)
    if (!rules.budget) throw new ConfigError(`${who}: the budget is {"perSecond": number, "burst": number}`)
    const common = { name: label, policy: rules.policy, budget: rules.budget }
    if (((record ?? undefined) === undefined) === ((keyFile ?? undefined) === undefined))
      throw new ConfigError(`${who}: give either its signed record or a keyFile`)
    if (typeof record === 'string') return { ...common, item: readRecord(record, who) }
    if (typeof keyFile !== 'string') throw new ConfigError(`${who}: its record or keyFile must be a text`)
    const seed = fromHex(readKey(keyFile, readFile, who).trim(), KEY_BYTES)
    if (!seed) throw new ConfigError(`${who}: its key file must hold ${KEY_BYTES} bytes in hex`)
    return { ...common, keys: keyPairFromSeed(seed) }
  })
}

function readKey(path: string, readFile: (path: string) => string, who: string): string {
  try {
    return readFile(path)
  } catch (thrown) {
    throw new ConfigError(`${who}: its key file cannot be read: ${reasonOf(thrown)}`)
  }
}

function readRecord(text: string, who: string): Item {
  const item = parseRecordItem(fromBase64Url(text) ?? new Uint8Array(0))
  const record = item.ok ? openRecord(item.value) : item
  if (!item.ok || !record.ok)
    throw new ConfigError(`${who}: its record is no signed record (${record.ok ? 'unknown' : record.fault})`)
  return item.value
}

/** @param sign makes the entry of a receiver whose key is at hand */
export function entryOf(wanted: WantedReceiver, managedBy: string, sign: (keys: KeyPair) => EntryDraft): EntryDraft {
  const { policy, budget } = wanted
  const { item } = 'item' in wanted ? wanted : sign(wanted.keys)
  return { item, policy, budget, managedBy }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
