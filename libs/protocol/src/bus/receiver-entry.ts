import { fromBase64Url, fromHex, toBase64Url, toHex } from '../bytes/bytes.ts'
import { KEY_BYTES } from '../limits.ts'
import { encodeItem, type Item } from '../message/item.ts'
import { faulty, type Parsed, parsed } from '../parsed.ts'
import { openRecord, parseRecordItem, type ReceiverRecord } from '../record/receiver-record.ts'

/**
 * A hosted receiver in the KV bucket `receivers`, under its key in hex. JSON, so that an operator can read it:
 *   {"record": base64url, "policy": {"allow": [hex] | null, "block": [hex]}, "budget": {"perSecond": n, "burst": n},
 *    "managedBy": text}
 */
export type ReceiverEntry = Readonly<{
  key: Uint8Array
  item: Item
  record: ReceiverRecord
  policy: Policy
  budget: Budget
  /** What keeps this entry as it is, e.g. a chart's release; absent: an operator added it by hand. */
  managedBy?: string
}>

/** What an operator decides about a receiver; the rest is in the record. */
export type EntryDraft = Pick<ReceiverEntry, 'item' | 'policy' | 'budget' | 'managedBy'>

/** Who may write to a receiver. */
export type Policy = Readonly<{
  /** Only these authors' keys in hex; null = everybody. */
  allow: ReadonlySet<string> | null
  /** Never these. */
  block: ReadonlySet<string>
}>

/** What a receiver takes in all, from whomever, per router. */
export type Budget = Readonly<{ perSecond: number; burst: number }>

export const OPEN_POLICY: Policy = { allow: null, block: new Set() }
export const BUDGET_DEFAULT: Budget = { perSecond: 20_000, burst: 40_000 }
/** Keys in one list of a policy. */
const POLICY_KEYS_MAX = 10_000

export type EntryFault = 'not-json' | 'bad-record' | 'wrong-key' | 'bad-policy' | 'bad-budget'

/** The entry's key in the bucket. */
export function entryName(receiver: Uint8Array): string {
  return toHex(receiver)
}

export function encodeEntry(entry: EntryDraft): Uint8Array {
  const { item, policy, budget, managedBy } = entry
  const allow = policy.allow && [...policy.allow]
  const record = toBase64Url(encodeItem(item))
  return Buffer.from(JSON.stringify({ record, policy: { allow, block: [...policy.block] }, budget, managedBy }))
}

/** @param name the entry's key in the bucket: the receiver that must have signed the record */
export function parseEntry(name: string, bytes: Uint8Array): Parsed<ReceiverEntry, EntryFault> {
  const json = parseJson(bytes)
  if (typeof json !== 'object' || json === null) return faulty('not-json')
  const { record: recordText, policy: policyJson, budget: budgetJson, managedBy } = json as Record<string, unknown>
  const item = parseRecordItem((typeof recordText === 'string' && fromBase64Url(recordText)) || new Uint8Array(0))
  const record = item.ok ? openRecord(item.value) : faulty('bad-record')
  if (!item.ok || !record.ok) return faulty('bad-record')
  if (entryName(item.value.key) !== name) return faulty('wrong-key')
  const policy = parsePolicy(policyJson)
  if (!policy) return faulty('bad-policy')
  const budget = parseBudget(budgetJson)
  if (!budget) return faulty('bad-budget')
  const entry = { key: item.value.key, item: item.value, record: record.value, policy, budget }
  return parsed(typeof managedBy === 'string' ? { ...entry, managedBy } : entry)
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8')) as unknown
  } catch {
    return undefined
  }
}

/** {"allow": [hex] | null, "block": [hex]}; absent: everybody may write. */
export function parsePolicy(json: unknown): Policy | undefined {
  if (json === undefined) return OPEN_POLICY
  if (typeof json !== 'object' || json === null) return undefined
  const { allow = null, block = [] } = json as { allow?: unknown; block?: unknown }
  const allowed = allow === null ? null : asKeys(allow)
  const blocked = asKeys(block)
  return allowed === undefined || !blocked ? undefined : { allow: allowed, block: blocked }
}

function asKeys(json: unknown): ReadonlySet<string> | undefined {
  if (!Array.isArray(json) || json.length > POLICY_KEYS_MAX) return undefined
  const keys = json.filter((key): key is string => typeof key === 'string' && fromHex(key, KEY_BYTES) !== undefined)
  return keys.length === json.length ? new Set(keys.map((key) => key.toLowerCase())) : undefined
}

/** {"perSecond": n, "burst": n}; absent: {@link BUDGET_DEFAULT}. */
export function parseBudget(json: unknown): Budget | undefined {
  if (json === undefined) return BUDGET_DEFAULT
  const { perSecond, burst } = (json ?? {}) as { perSecond?: unknown; burst?: unknown }
  return isCount(perSecond) && isCount(burst) ? { perSecond, burst } : undefined
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0
}
