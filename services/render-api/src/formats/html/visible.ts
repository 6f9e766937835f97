import { html, type Markup } from '../markup.ts'

/** Characters that turn the direction of what follows them, beyond the element they stand in (UAX #9 §2). */
const BIDI_CONTROLS = /[\u202a-\u202e\u2066-\u2069]/g
/** Longest run of text that is looked at for links, characters. */
const LINK_TEXT_MAX = 16_384
const URL_PATTERN = /https?:\/\/[^\s<>"'`\\^{|}]{1,2000}/g
/** What ends a sentence rather than an address. */
const TRAILING = /[.,;:!?)\]]+$/

/** A name, topic or other short label: one line, and unable to turn its surroundings round. */
export function label(text: string): string {
  return text
    .replace(BIDI_CONTROLS, '')
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim()
}

/** A message's text: escaped, addresses become links that search engines do not follow for us. */
export function paragraphs(text: string): Markup {
  const shown = text.replace(BIDI_CONTROLS, '')
  const linked = shown.slice(0, LINK_TEXT_MAX)
  const parts: (Markup | string)[] = []
  let at = 0
  for (const match of linked.matchAll(URL_PATTERN)) {
    const url = match[0].replace(TRAILING, '')
    if (!URL.canParse(url)) continue
    parts.push(linked.slice(at, match.index), html`<a href="${url}" rel="nofollow ugc noopener">${url}</a>`)
    at = match.index + url.length
  }
  parts.push(shown.slice(at))
  return html`${parts}`
}

/** Enough of a key or an id to tell it from others; the whole stands in the title. */
export function shortKey(key: string): string {
  return `${key.slice(0, 8)}…`
}

const DAY = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' })

/** `22 Nov 2026, 12:16 UTC`: said in full, so that the page's bytes do not change with the clock. */
export function time(iso: string, what: string): Markup {
  return html`<time datetime="${iso}" title="${what} ${iso}">${DAY.format(new Date(iso))} UTC</time>`
}
