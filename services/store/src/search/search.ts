import type { Logger } from '@p2pmsg/runtime'
import { startChore } from '../chore.ts'
import type { Database } from '../database.ts'
import { forgetAll, forgetExpired } from './word-index.ts'
import { WordIndexer } from './word-indexer.ts'

/** Between two times that expired words are taken out, milliseconds: questions leave them out at once. */
const EXPIRE_MS = 60_000
/** Between two looks for words that should not be there, milliseconds: a replica with other settings may have made them. */
const OFF_MS = 3_600_000

export type SearchOptions = Readonly<{
  db: Database
  log: Logger
  partitions: number
  /** A text search configuration; undefined = off. */
  language: string | undefined
  owns: (partition: number) => boolean
}>

/** Keeps the index of words, or keeps it empty. */
export function startSearch({ language, ...options }: SearchOptions): AsyncDisposable {
  const { db, log, owns } = options
  if (language === undefined) return startChore(log, 'search off', OFF_MS, () => forgetAll(db))
  const stack = new AsyncDisposableStack()
  stack.use(new WordIndexer({ ...options, language }))
  stack.use(
    startChore(log, 'search expiry', EXPIRE_MS, async () => {
      if (owns(0)) await forgetExpired(db) // one replica is enough
    }),
  )
  return stack
}
