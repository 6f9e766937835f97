// Brings the database to this release's tables and ends: what the chart runs before a release's stores. Stores do the same at
// their start, so that nothing depends on who comes first.
import { ConfigError, createLogger, Env, EXIT, reasonOf } from '@p2pmsg/runtime'
import { awaitDatabase, openDatabase } from './database.ts'
import { migrate } from './migrate.ts'

const log = createLogger('store', 'info')
try {
  const env = new Env(process.env)
  const { url } = env.done({ url: env.text('POSTGRES_URL') })
  const db = openDatabase({ url, poolSize: 1, log })
  try {
    await awaitDatabase(db, log)
    await migrate(db)
  } finally {
    await db.destroy()
  }
  log.info('the tables are those of this release')
} catch (thrown) {
  process.stderr.write(`migrations: ${reasonOf(thrown)}\n`)
  process.exitCode = thrown instanceof ConfigError ? EXIT.configuration : EXIT.failed
}
