import type { Migration } from 'kysely/migration'
import { up as messages } from './0001-messages.ts'
import { up as ownership } from './0002-ownership.ts'
import { up as refusals } from './0003-refusals.ts'
import { up as applyBatch } from './0004-apply-batch.ts'
import { up as search } from './0005-search.ts'
import { up as searchBlocks } from './0006-search-blocks.ts'

/** Forward only, in the order of their names. A step must leave what the release before it reads and writes. */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001-messages': { up: messages },
  '0002-ownership': { up: ownership },
  '0003-refusals': { up: refusals },
  '0004-apply-batch': { up: applyBatch },
  '0005-search': { up: search },
  '0006-search-blocks': { up: searchBlocks },
}
