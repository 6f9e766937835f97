import { AGE_MS_MAX_DEFAULT } from '@p2pmsg/protocol'
import { Env } from '@p2pmsg/runtime'

export type Config = Readonly<{
  natsUrl: string
  postgresUrl: string
  /** Most connections to Postgres. */
  poolSize: number
  /** How long applied blocks stay in MESSAGES, milliseconds. */
  retainMs: number
  /** How old a message may be when ingest takes it, milliseconds: so long a delete waits for its target. */
  maxAgeMs: number
  /** Postgres' text search configuration; undefined = messages cannot be searched. */
  searchLanguage: string | undefined
}>

/** Fewer could not serve the writers, the leases and a reader at once. */
const POOL_SIZE_MIN = 4
/** What a text search configuration may be called; whether Postgres has it is asked at the start. */
const LANGUAGE = /^[a-z_]{1,63}$/
const NO_LANGUAGE = 'off'

/** @throws {ConfigError} */
export function readConfig(values: NodeJS.ProcessEnv): Config {
  const env = new Env(values)
  return env.done({
    natsUrl: env.text('NATS_URL'),
    postgresUrl: env.text('POSTGRES_URL'),
    poolSize: env.int('P2PMSG_POOL_SIZE', { fallback: 8, min: POOL_SIZE_MIN, max: 100 }),
    retainMs: env.int('P2PMSG_RETAIN_HOURS', { fallback: 72, min: 0, max: 24 * 366 }) * 3_600_000,
    maxAgeMs: env.int('P2PMSG_MAX_AGE', { fallback: AGE_MS_MAX_DEFAULT / 1000, min: 60, max: 366 * 24 * 3600 }) * 1000,
    searchLanguage: readLanguage(env),
  })
}

function readLanguage(env: Env): string | undefined {
  const name = 'P2PMSG_SEARCH_LANGUAGE'
  const language = env.text(name, 'simple')
  if (!LANGUAGE.test(language)) env.problem(name, 'must name a text search configuration, e.g. english, or be off')
  return language === NO_LANGUAGE ? undefined : language
}
