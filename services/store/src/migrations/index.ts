import type { Migration } from 'kysely/migration'
import * as messages from './0001-messages.ts'
import * as ownership from './0002-ownership.ts'
import * as refusals from './0003-refusals.ts'
import * as applyBatch from './0004-apply-batch.ts'

/** Forward only, in the order of their names. A step must leave what the release before it reads and writes. */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001-messages': messages,
  '0002-ownership': ownership,
  '0003-refusals': refusals,
  '0004-apply-batch': applyBatch,
}
