import { type Carried, readMessage } from '@p2pmsg/protocol'

/**
 * Letters, digits and their marks are words, all else stands between them. Postgres' own parser also looks for addresses, tags
 * and paths, for which 64 KiB of `~/~/~/…` take it minutes: it is only shown what it can do nothing but split at blanks.
 */
const BETWEEN_WORDS = /[^\p{L}\p{N}\p{M}]+/gu
/** What a question may have beside words: quotes around a phrase, and the minus before what must not be there. */
const BETWEEN_TERMS = /[^\p{L}\p{N}\p{M}"-]+/gu
const MINUS_WITHIN = /(?<=[^\s"])-|-(?=[\s-]|$)/gu

/** One spelling for what looks the same; Postgres' own folding of letters depends on its locale. */
function folded(text: string): string {
  return text.normalize('NFC').toLowerCase()
}

/** @returns the words that a message is found by, blanks between them: its text, or what a profile says; empty = none */
export function wordsOf(carried: Carried): string {
  const message = readMessage(carried)
  if (!message.ok) return ''
  const { text, profile } = message.value.content
  const said = [text, profile?.name, profile?.about].filter((part) => part !== undefined)
  return folded(said.join(' ')).replace(BETWEEN_WORDS, ' ').trim()
}

/** @returns a question for `websearch_to_tsquery` that splits into words exactly as messages do */
export function termsOf(search: string): string {
  return folded(search).replace(BETWEEN_TERMS, ' ').replace(MINUS_WITHIN, ' ').trim()
}
