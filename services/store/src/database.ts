import { Failure, type Logger, reasonOf } from '@p2pmsg/runtime'
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

/** @throws {DatabaseUnavailable} it does not answer, or is older than we can use */
export async function checkDatabase(db: Database): Promise<void> {
  const { rows } = await available(() =>
    sql<{ version: number }>`SELECT current_setting('server_version_num')::int / 10000 AS version`.execute(db),
  )
  const version = rows[0]?.version ?? 0
  if (version < VERSION_MIN) throw new DatabaseUnavailable(`Postgres ${version} is too old: ${VERSION_MIN} or newer`)
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
