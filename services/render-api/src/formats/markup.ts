/** Text that is markup already. Only the tags below make it, so whatever else gets into a template is escaped. */
class Markup {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  toString(): string {
    return this.#text
  }
}

export type { Markup }
/** What may stand in a template: nothing, text or a number (escaped), markup, or a list of these. */
export type Child = Markup | string | number | null | undefined | false | readonly Child[]

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '')
}

function put(child: Child): string {
  if (child === null || child === undefined || child === false) return ''
  if (typeof child === 'string') return escape(child)
  if (typeof child === 'number') return String(child)
  if (child instanceof Markup) return child.toString()
  return child.map(put).join('')
}

/**
 * A template of HTML. Values are escaped for text and for attributes in double quotes; they must not stand anywhere else
 * (tag names, unquoted attributes, script, style).
 */
export function html(literals: TemplateStringsArray, ...children: readonly Child[]): Markup {
  let text = literals[0] ?? ''
  for (const [index, child] of children.entries()) text += put(child) + (literals[index + 1] ?? '')
  return new Markup(text)
}

/** All but what XML 1.0 §2.2 can hold: control characters, lone surrogates and two non-characters cannot even be escaped. */
const NOT_XML = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu

/** A template of XML: as `html`, and characters that XML cannot hold become U+FFFD. */
export function xml(literals: TemplateStringsArray, ...children: readonly Child[]): Markup {
  return html(literals, ...children.map(legal))
}

function legal(child: Child): Child {
  if (typeof child === 'string') return child.replace(NOT_XML, '\ufffd')
  if (isList(child)) return child.map(legal)
  return child
}

function isList(child: Child): child is readonly Child[] {
  return Array.isArray(child)
}
