import { backoffMs, Failure, type Logger, reasonOf, sleep } from '@p2pmsg/runtime'
import { Kysely, PostgresAdapter, PostgresDialect, sql } from 'kysely'
import { Pool } from 'pg'
import type { Tables } from './schema.ts'

export type Database = Kysely<Tables>

/** Postgres does not answer, or ended a statement. */
class DatabaseUnavailable extends Failure {
  override readonly name = 'DatabaseUnavailable'
  readonly code = 'DATABASE_UNAVAILABLE'
  readonly retry = 'soon'
}

/** Postgres answers, and cannot be used: it is too old, or the URL names a user or a database that it does not know. */
class DatabaseUnfit extends Failure {
  override readonly name = 'DatabaseUnfit'
  readonly code = 'DATABASE_UNFIT'
  readonly retry = 'never'
}

/** Longest wait between two tries at the start, milliseconds. */
const RETRY_LAST_MS = 2_000
/** Waiting for a connection, milliseconds: a reader would rather hear `unavailable`. */
const CONNECT_MS = 2_000
/** An idle connection is closed after this, milliseconds. */
const IDLE_MS = 30_000
/** Oldest server whose SQL we use. */
const VERSION_MIN = 15

/** Kysely's own lock is the session's; `migrate` holds one of the transaction, which PgBouncer can carry. */
class TransactionLockAdapter extends PostgresAdapter {
  override acquireMigrationLock(): Promise<void> {
    return Promise.resolve()
  }
  override releaseMigrationLock(): Promise<void> {
    return Promise.resolve()
  }
}

class Dialect extends PostgresDialect {
  override createAdapter(): PostgresAdapter {
    return new TransactionLockAdapter()
  }
}

/** The pool and its typed query builder; connections are made as they are needed and end with disposal. */
export function openDatabase(options: Readonly<{ url: string; poolSize: number; log: Logger }>): Database {
  const pool = new Pool({
    connectionString: options.url,
    max: options.poolSize,
    connectionTimeoutMillis: CONNECT_MS,
    idleTimeoutMillis: IDLE_MS,
    keepAlive: true,
    fallback_application_name: 'p2pmsg-store',
  })
  // The server may close a connection at any time; the pool makes another one. It listens only while nobody has the connection
  // in hand: one that breaks between two statements of a transaction would end the process.
  pool.on('error', () => undefined)
  pool.on('connect', (client) => {
    client.on('error', (err) => options.log.warn({ err }, 'Postgres closed a connection'))
  })
  return new Kysely<Tables>({ dialect: new Dialect({ pool }) })
}

/**
 * Waits until Postgres answers, as every service waits for NATS: whichever of them starts first, nothing has to be started again.
 * @throws {DatabaseUnfit} it answers, and what is wrong does not go away by itself
 */
export async function awaitDatabase(db: Database, log: Logger): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await checkDatabase(db)
    } catch (thrown) {
      if (!(thrown instanceof DatabaseUnavailable)) throw thrown
      if (isRefusal(thrown.cause)) throw new DatabaseUnfit(thrown.message, { cause: thrown })
      log.warn({ err: thrown, attempt }, 'waiting for Postgres')
      await sleep(backoffMs(attempt, RETRY_LAST_MS))
    }
  }
}

/** SQLSTATE classes 28 (who we are) and 3D (no such database): a wrong URL, of which nobody hears who waits in silence. */
function isRefusal(cause: unknown): boolean {
  const state = cause instanceof Error && 'code' in cause ? cause.code : undefined
  return typeof state === 'string' && /^(28|3D)/.test(state)
}

async function checkDatabase(db: Database): Promise<void> {
  const { rows } = await available(() =>
    sql<{ version: number }>`SELECT current_setting('server_version_num')::int / 10000 AS version`.execute(db),
  )
  const version = rows[0]?.version ?? 0
  if (version < VERSION_MIN) throw new DatabaseUnfit(`Postgres ${version} is too old: ${VERSION_MIN} or newer`)
}

/** Runs work on the database and gives whatever goes wrong its one name. @throws {DatabaseUnavailable} */
export async function available<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof Failure) throw cause
    throw new DatabaseUnavailable(`Postgres: ${reasonOf(cause)}`, { cause })
  }
}
