import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Address } from '@p2pmsg/protocol'
import { readAddress } from '../reachable.ts'
import type { Surroundings } from './command.ts'
import { UsageError } from './exit-code.ts'

/** `$XDG_CONFIG_HOME/p2pmsg`, by default `~/.config/p2pmsg` (XDG base directories: a relative path there is ignored). */
export function configFolder(env: Surroundings['env']): string {
  const given = env.XDG_CONFIG_HOME
  const base = given?.startsWith('/') ? given : join(env.HOME ?? homedir(), '.config')
  return join(base, 'p2pmsg')
}

/**
 * Whom to write to or read: `--to`, else P2PMSG_TO, else `to` in config.json.
 * @throws {UsageError} when none of them says
 */
export async function receiverAddress(to: string | undefined, env: Surroundings['env']): Promise<Address> {
  const text = to ?? env.P2PMSG_TO ?? (await configuredTo(env))
  if (text === undefined)
    throw new UsageError(
      `no receiver: give --to p2pmsg://<key>@host:port, set P2PMSG_TO, or write {"to": "p2pmsg://…"} to ${configFile(env)}`,
    )
  return readAddress(text)
}

function configFile(env: Surroundings['env']): string {
  return join(configFolder(env), 'config.json')
}

async function configuredTo(env: Surroundings['env']): Promise<string | undefined> {
  const file = configFile(env)
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw new UsageError(`cannot read ${file}: ${error.message}`)
  })
  if (text === undefined) return undefined
  try {
    const { to } = JSON.parse(text) as { to?: unknown }
    return typeof to === 'string' ? to : undefined
  } catch {
    throw new UsageError(`${file} is not JSON: correct it, or remove it`)
  }
}
