import type { Json } from './json-members.ts'
import { type Telex, valueOf } from './telex.ts'

/** One rule of a tap: every pair of `is` equals the telex's member as text, and every member in `has` is there and truthy. */
export type Rule = Readonly<{ is: readonly (readonly [string, string])[]; has: readonly string[] }>

/** Rules in one tap; the rest of a longer list matches nothing. */
const RULES_MAX = 16
/** Conditions in one rule; a rule with more matches nothing. */
const CONDITIONS_MAX = 16

/** The rules of a `.tap`, and how many of it were no rules or too many. */
export type Tap = Readonly<{ rules: readonly Rule[]; invalid: number }>

/**
 * A tap replaces the one before it; `[]` clears.
 * Rules that 2011's Perl took for "everything" (`{}`, `{"is":"text"}`, `{"has":"text"}`) match nothing here.
 * @returns undefined if the value is not a list: the tap before stays
 */
export function parseTap(value: Json | undefined): Tap | undefined {
  if (!Array.isArray(value)) return undefined
  const list = value as readonly Json[]
  const rules = list.slice(0, RULES_MAX).flatMap((rule) => asRule(rule) ?? [])
  return { rules, invalid: list.length - rules.length }
}

function asRule(json: Json): Rule | undefined {
  if (!isObject(json)) return undefined
  const is = json['is'] === undefined ? [] : asPairs(json['is'])
  const has = json['has'] === undefined ? [] : asNames(json['has'])
  if (!is || !has) return undefined
  const conditions = is.length + has.length
  return conditions >= 1 && conditions <= CONDITIONS_MAX ? { is, has } : undefined
}

function asPairs(json: Json): Rule['is'] | undefined {
  if (!isObject(json)) return undefined
  const pairs: [string, string][] = []
  for (const [name, value] of Object.entries(json)) {
    const text = asText(value)
    if (text === undefined) return undefined
    pairs.push([name, text])
  }
  return pairs
}

function asNames(json: Json): readonly string[] | undefined {
  if (!Array.isArray(json)) return undefined
  return json.every((name) => typeof name === 'string') ? json : undefined
}

function isObject(json: Json): json is Readonly<{ [name: string]: Json }> {
  return typeof json === 'object' && json !== null && !Array.isArray(json)
}

/** Values are compared as Perl's `eq` did: numbers and truth values by their text. */
function asText(value: Json | undefined): string | undefined {
  if (typeof value === 'string') return value
  if (typeof value === 'number') return String(value)
  if (typeof value === 'boolean') return value ? '1' : '0'
  return undefined
}

/** What Perl and JavaScript both take for true. */
function isTruthy(value: Json | undefined): boolean {
  return value !== '0' && Boolean(value)
}

export function matches(rules: readonly Rule[], telex: Telex): boolean {
  return rules.some(
    ({ is, has }) =>
      is.every(([name, text]) => asText(valueOf(telex, name)) === text) &&
      has.every((name) => isTruthy(valueOf(telex, name))),
  )
}
