/** Any value of RFC 8259. */
export type Json = null | boolean | number | string | readonly Json[] | Readonly<{ [name: string]: Json }>

/** A member of a JSON object as it came: `raw` is its value's text, so that what is relayed is what was said. */
export type Member = Readonly<{ raw: string; value: Json }>

/** Members of one object: the largest telex of 2011 had twelve. */
const MEMBERS_MAX = 64
/** Objects and arrays inside one another. */
const DEPTH_MAX = 8

/**
 * The members of a JSON object in the order they came, or undefined: not an object, too many, too deep, or a name said twice
 * (two readers would believe two different values). Names are kept in a map: `__proto__` is a name as any other.
 */
export function membersOf(text: string): ReadonlyMap<string, Member> | undefined {
  const object = parseObject(text)
  if (!object) return undefined
  const members = new Map<string, Member>()
  const scanner = new Scanner(text)
  for (let slices = scanner.next(); slices; slices = scanner.next()) {
    const name = JSON.parse(slices.name) as string
    if (members.has(name) || members.size === MEMBERS_MAX) return undefined
    members.set(name, { raw: slices.value, value: object[name] as Json })
  }
  return scanner.tooDeep ? undefined : members
}

function parseObject(text: string): Readonly<{ [name: string]: Json }> | undefined {
  try {
    const value = JSON.parse(text) as Json
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as { [name: string]: Json })
      : undefined
  } catch {
    return undefined
  }
}

/** Cuts a text that is known to be a JSON object into its members; it only has to tell strings and brackets apart. */
class Scanner {
  readonly #text: string
  #at: number
  tooDeep = false

  constructor(text: string) {
    this.#text = text
    this.#at = text.indexOf('{') + 1
  }

  next(): { name: string; value: string } | undefined {
    const nameAt = this.#text.indexOf('"', this.#at)
    if (nameAt < 0) return undefined
    const nameEnd = this.#endOfString(nameAt)
    const valueAt = this.#text.indexOf(':', nameEnd) + 1
    const valueEnd = this.#endOfValue(valueAt)
    this.#at = valueEnd + 1
    return { name: this.#text.slice(nameAt, nameEnd), value: this.#text.slice(valueAt, valueEnd).trim() }
  }

  /** @returns the index behind the closing quote */
  #endOfString(quote: number): number {
    let at = quote + 1
    while (this.#text[at] !== '"') at += this.#text[at] === '\\' ? 2 : 1
    return at + 1
  }

  /** @returns the index of the comma or brace that ends the member */
  #endOfValue(from: number): number {
    let depth = 1
    for (let at = from; ; at++) {
      const character = this.#text[at]
      if (character === '"') at = this.#endOfString(at) - 1
      else if (character === '{' || character === '[') this.tooDeep = ++depth > DEPTH_MAX || this.tooDeep
      else if (character === '}' || character === ']') {
        if (--depth === 0) return at
      } else if (character === ',' && depth === 1) return at
    }
  }
}
