// Proves that replicas which start at the same time make the tables once, and that an older release can start on newer tables.
import { createLogger } from '@p2pmsg/runtime'
import { expect, test } from 'vitest'
import { type Database, openDatabase } from '../../services/store/src/database.ts'
import { migrate } from '../../services/store/src/migrate.ts'
import { MIGRATIONS } from '../../services/store/src/migrations/index.ts'
import { keepDays } from '../../services/store/src/refusal-days.ts'
import { aDatabase } from '../support/servers.ts'

const REPLICAS = 5
const log = createLogger('store', 'silent')

async function replicas(url: string, work: (db: Database) => Promise<unknown>): Promise<void> {
  const all = Array.from({ length: REPLICAS }, () => openDatabase({ url, poolSize: 2, log }))
  try {
    await Promise.all(all.map(work))
  } finally {
    await Promise.all(all.map((db) => db.destroy()))
  }
}

async function names(db: Database): Promise<string[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: false })
  return tables.map((table) => table.name).sort()
}

test('five replicas at once make the tables once; an interrupted migration leaves nothing', async () => {
  await using database = await aDatabase()
  // given a step that fails at its end
  const [name = '', first] = Object.entries(MIGRATIONS)[0] ?? []
  const failing = {
    [name]: {
      up: async (db: Parameters<NonNullable<typeof first>['up']>[0]) => {
        await first?.up(db)
        throw new Error('cut off')
      },
    },
  }
  await replicas(database.url, (db) => expect(migrate(db, failing)).rejects.toThrow('cut off'))
  const db = openDatabase({ url: database.url, poolSize: 2, log })
  expect(await names(db)).toEqual([])
  // when the good ones come
  await replicas(database.url, (replica) => migrate(replica))
  await replicas(database.url, keepDays)
  // then each step ran once, and the days are there for today and two more
  const done = await names(db)
  expect(done).toEqual(
    expect.arrayContaining(['lease', 'message', 'partition', 'receiver_state', 'removal', 'replica']),
  )
  expect(done.filter((table) => /^refusal_\d{8}$/.test(table))).toHaveLength(3)
  // and a release that knows fewer steps starts all the same
  const fewer = Object.fromEntries(Object.entries(MIGRATIONS).slice(0, 1))
  await migrate(db, fewer)
  expect(await names(db)).toEqual(done)
  await db.destroy()
})
