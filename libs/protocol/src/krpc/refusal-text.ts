import { isRefusalCode, type RefusalCode } from '../codes.ts'

/** What the text of a refusing KRPC error says; the opposite of `encodeRefusal`. */
export type RefusalText = Readonly<{
  code: RefusalCode
  retryAfterMs: number | undefined
  /** The router's clock, Unix milliseconds. */
  nowMs: number | undefined
}>

/** @returns undefined when the text is not a refusal of ours */
export function parseRefusalText(text: string): RefusalText | undefined {
  const [code = '', ...hints] = text.split(' ')
  if (!isRefusalCode(code)) return undefined
  return { code, retryAfterMs: hint(hints, 'retry-after'), nowMs: hint(hints, 'now') }
}

function hint(hints: readonly string[], name: string): number | undefined {
  const match = hints.find((text) => text.startsWith(`${name}=`))?.slice(name.length + 1)
  return match !== undefined && /^\d{1,15}$/.test(match) ? Number(match) : undefined
}
