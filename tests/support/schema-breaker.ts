// Values that break a JSON schema (draft 07), one for each rule in it: what a test needs to prove that no rule is missing its teeth.

export type Schema = {
  type?: string | string[]
  properties?: Record<string, Schema>
  additionalProperties?: boolean | Schema
  items?: Schema
  required?: string[]
  enum?: unknown[]
  anyOf?: Schema[]
  minimum?: number
  maximum?: number
  exclusiveMinimum?: number
  minLength?: number
  maxLength?: number
  maxItems?: number
  maxProperties?: number
  pattern?: string
  const?: unknown
  $ref?: string
  definitions?: Record<string, Schema>
}

/** A place in the values, as a path of keys, and something that must not stand there. */
export type Breach = Readonly<{ path: readonly (string | number)[]; value: unknown; rule: string }>

const UNKNOWN_KEY = 'unheard-of'
const WRONG_PATTERN = '\u0000 \n' // no pattern of ours allows control characters

/** Every rule of a schema, broken once. */
export function* breaches(
  root: Schema,
  schema: Schema = root,
  path: readonly (string | number)[] = [],
): Generator<Breach> {
  const { $ref, properties = {}, items, anyOf } = schema
  if ($ref !== undefined) {
    yield* breaches(root, root.definitions?.[$ref.slice('#/definitions/'.length)] ?? {}, path)
    return
  }
  if (path.length > 0) for (const [rule, value] of broken(schema)) yield { path, value, rule }
  for (const [key, inner] of Object.entries(properties)) yield* breaches(root, inner, [...path, key])
  if (schema.additionalProperties === false)
    yield { path: [...path, UNKNOWN_KEY], value: 1, rule: 'additionalProperties' }
  if (typeof schema.additionalProperties === 'object')
    yield* breaches(root, schema.additionalProperties, [...path, 'key'])
  if (items) yield* breaches(root, items, [...path, 0])
  for (const key of schema.required ?? []) yield { path, value: { ...minimal(key, schema) }, rule: `required ${key}` }
  if (anyOf) yield { path, value: [['neither']], rule: 'anyOf' }
}

/** An object that has every listed field but one. */
function minimal(missing: string, schema: Schema): Record<string, unknown> {
  const others = (schema.required ?? []).filter((key) => key !== missing)
  return Object.fromEntries(others.map((key) => [key, 'x']))
}

function* broken(schema: Schema): Generator<[string, unknown]> {
  if (schema.type !== undefined) yield ['type', schema.type === 'boolean' ? 'yes' : wrongType(schema.type)]
  if (schema.enum) yield ['enum', typeof schema.enum[0] === 'number' ? -1 : 'none of these']
  if (schema.minimum !== undefined) yield ['minimum', schema.minimum - 1]
  if (schema.maximum !== undefined) yield ['maximum', schema.maximum + 1]
  if (schema.exclusiveMinimum !== undefined) yield ['exclusiveMinimum', schema.exclusiveMinimum]
  if (schema.minLength !== undefined && schema.minLength > 0) yield ['minLength', '']
  if (schema.maxLength !== undefined) yield ['maxLength', 'x'.repeat(schema.maxLength + 1)]
  if (schema.pattern !== undefined) yield ['pattern', WRONG_PATTERN]
  if (schema.maxProperties !== undefined) yield ['maxProperties', { one: 1 }]
  if (schema.maxItems !== undefined && schema.maxItems <= 100) yield ['maxItems', Array(schema.maxItems + 1).fill('x')]
}

function wrongType(type: string | string[]): unknown {
  const types = new Set([type].flat())
  return [true, 'text', 1.5, [], {}].find((value) => !types.has(Array.isArray(value) ? 'array' : typeof value)) ?? null
}

/** As many breaches as fit beside each other into one object: of two at one place, or one within the other, the second waits. */
export function rounds(all: readonly Breach[]): Breach[][] {
  const rounds: { paths: Set<string>; breaches: Breach[] }[] = []
  for (const breach of all) {
    const text = key(breach.path)
    const prefixes = breach.path.map((_, i) => key(breach.path.slice(0, i + 1)))
    let round = rounds.find(
      ({ paths }) =>
        !prefixes.some((prefix) => paths.has(prefix)) && ![...paths].some((path) => path.startsWith(`${text}/`)),
    )
    if (!round) rounds.push((round = { paths: new Set(), breaches: [] }))
    round.paths.add(text)
    round.breaches.push(breach)
  }
  return rounds.map(({ breaches }) => breaches)
}

/** A JSON pointer, as helm's complaints have it. */
export function key(path: readonly (string | number)[]): string {
  return path.map((part) => `/${part}`).join('')
}

/** One object in which every breach stands at its place. */
export function together(all: readonly Breach[]): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  for (const { path, value } of all) {
    let inner: Record<string | number, unknown> = values
    for (const [i, part] of path.entries()) {
      if (i === path.length - 1) inner[part] = value
      else inner = (inner[part] ??= typeof path[i + 1] === 'number' ? [] : {}) as Record<string | number, unknown>
    }
  }
  return values
}
