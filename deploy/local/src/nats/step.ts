import { access, constants } from 'node:fs/promises'
import { join } from 'node:path'
import { runCommand } from '../command.ts'
import { STATE_FOLDER } from '../places.ts'
import { isNewEnough, NATS_MINIMUM, parseNatsVersion, versionText } from './version.ts'

const VERSION_TIMEOUT_MS = 10_000

/** What a step may look at and use. Tests hand in one of their own, so that any step can be hidden from the others. */
export type Machine = Readonly<{
  env: NodeJS.ProcessEnv
  /** The folder for everything that is brought, `.p2pmsg`. */
  home: string
  platform: NodeJS.Platform
  arch: string
  /** Tells the person that something long is going on. */
  say: (line: string) => void
}>

/** The machine as it is. @param home the folder for what is brought, `.p2pmsg` of this checkout if absent */
export function thisMachine(home = STATE_FOLDER): Machine {
  return { env: process.env, home, platform: process.platform, arch: process.arch, say: () => undefined }
}

/** A nats-server to run, one that runs elsewhere, or why this step has none. */
export type Found =
  | Readonly<{ kind: 'binary'; path: string; version: string }>
  | Readonly<{ kind: 'external'; url: string }>
  | Readonly<{ kind: 'none'; why: string }>

/** One way to a nats-server. Never throws on what the machine lacks: that is a `none` with a reason. */
export type Step = Readonly<{ name: string; find: (machine: Machine) => Promise<Found> }>

export const none = (why: string): Found => ({ kind: 'none', why })

/** Where the steps that bring a server leave it. */
export function broughtBinary(machine: Machine): string {
  return join(machine.home, 'bin', 'nats-server')
}

/** The server at a path, if it runs here and is new enough. */
export async function examine(path: string): Promise<Found> {
  try {
    await access(path, constants.X_OK)
  } catch {
    return none(`there is no ${path}`)
  }
  const outcome = await runCommand(path, ['--version'], { timeoutMs: VERSION_TIMEOUT_MS })
  const version = parseNatsVersion(`${outcome.stdout}\n${outcome.stderr}`)
  if (outcome.code !== 0 || !version) return none(`${path} does not run here (exit code ${outcome.code})`)
  if (!isNewEnough(version)) {
    return none(`${path} is ${versionText(version)}; ${versionText(NATS_MINIMUM)} or newer is needed (synced streams)`)
  }
  return { kind: 'binary', path, version: versionText(version) }
}
