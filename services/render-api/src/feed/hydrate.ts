import { type Entry, entryOf, expiresMsOf } from './entry.ts'
import type { Names } from './names.ts'
import type { Skeleton } from './skeleton.ts'

/** A page's skeleton with flesh on it: messages read, authors' names looked up. */
export type Hydrated = Omit<Skeleton, 'rows'> &
  Readonly<{
    entries: readonly Entry[]
    /** What authors call themselves in this feed, by key in hex; those without a profile are not in it. */
    names: ReadonlyMap<string, string>
    /** When a message on this page expires next, Unix milliseconds; infinite = never. */
    expiresMs: number
  }>

/** @param nowMs Unix milliseconds */
export async function hydrate(names: Pick<Names, 'of'>, skeleton: Skeleton, nowMs: number): Promise<Hydrated> {
  const { rows, ...rest } = skeleton
  const entries = rows.map((row) => entryOf(row, nowMs))
  const shown = entries.filter((entry) => entry.state === 'shown')
  const expiries = shown.flatMap(({ message }) => (message ? [expiresMsOf(message)] : []))
  const authors = shown.flatMap(({ message }) => (message ? [message.key] : []))
  return {
    ...rest,
    entries,
    names: await names.of(skeleton.question.receiver, authors),
    expiresMs: Math.min(...expiries),
  }
}
