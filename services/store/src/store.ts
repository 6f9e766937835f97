import { connectBus, type RunContext, readPartitions, type Service } from '@p2pmsg/runtime'
import { startChore } from './chore.ts'
import type { Config } from './config.ts'
import { awaitDatabase, openDatabase } from './database.ts'
import { watchPartitions } from './events.ts'
import { definePartitions } from './lease.ts'
import { migrate } from './migrate.ts'
import { PartitionOwner } from './partition-owner.ts'
import { QueryServer } from './query-server.ts'
import { DAYS_MS, keepDays } from './refusal-days.ts'
import { RefusalKeeper } from './refusal-keeper.ts'
import { startSearch } from './search/search.ts'
import { checkLanguage, defineSearch } from './search/word-index.ts'
import { forgetRemovals, TRIM_MS, trimLog } from './trimmer.ts'

/** Half of the connections are for readers, half for writers, leases and chores: neither can starve the other. */
const READERS_SHARE = 0.5

/** The log into Postgres, and Postgres to whoever asks. Waits for both. @throws when Postgres or NATS cannot be used */
export async function startStore(config: Config, { log, health }: RunContext): Promise<Service> {
  await using started = new AsyncDisposableStack()
  const db = openDatabase({ url: config.postgresUrl, poolSize: config.poolSize, log })
  started.defer(() => db.destroy())
  await awaitDatabase(db, log)
  const { searchLanguage } = config
  if (searchLanguage) await checkLanguage(db, searchLanguage)
  await migrate(db)
  await keepDays(db)
  const bus = started.use(await connectBus({ url: config.natsUrl, service: 'store', log }))
  const partitions = await readPartitions(bus)
  await definePartitions(db, partitions)
  await defineSearch(db, partitions)

  const deps = { db, bus, log }
  const concurrency = Math.floor(config.poolSize * READERS_SHARE)
  const source = { db, partitions, searches: searchLanguage !== undefined }
  const queries = started.use(new QueryServer({ source, bus, log, concurrency }))
  const refusals = started.use(new RefusalKeeper(deps))
  const owner = started.use(new PartitionOwner(deps, partitions))
  const owns = (partition: number) => owner.owns(partition)
  const search = started.use(startSearch({ db, log, partitions, language: searchLanguage, owns }))
  started.use(startChore(log, 'refusal days', DAYS_MS, () => keepDays(db)))
  started.use(
    startChore(log, 'trimming', TRIM_MS, async () => {
      if (!owner.owns(0)) return // one replica is enough
      await trimLog(deps, config.retainMs)
      await forgetRemovals(db, config.maxAgeMs)
    }),
  )
  await bus.nc.flush() // who hears that the store has started may ask at once
  owner.start()
  watchPartitions(() => owner)
  health.ready('bus', () => bus.connected)
  health.ready('database', () => owner.certain)

  const running = started.move()
  return {
    async drain() {
      await search[Symbol.asyncDispose]()
      await owner.drain()
      await refusals[Symbol.asyncDispose]()
      await queries[Symbol.asyncDispose]()
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}
