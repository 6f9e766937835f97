import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Address } from '@p2pmsg/protocol'
import { members } from '../http/bounded-fetch.ts'
import { readAddress } from '../reachable.ts'
import type { Surroundings } from './command.ts'
import { UsageError } from './exit-code.ts'

/** `$XDG_CONFIG_HOME/p2pmsg`, by default `~/.config/p2pmsg` (XDG base directories: a relative path there is ignored). */
export function configFolder(env: Surroundings['env']): string {
  const given = env.XDG_CONFIG_HOME
  const base = given?.startsWith('/') ? given : join(env.HOME ?? homedir(), '.config')
  return join(base, 'p2pmsg')
}

/** Where `npm start` writes the address of the receiver that the stack of this checkout has. */
const LOCAL_STACK = fileURLToPath(new URL('../../../../.p2pmsg/data/config.json', import.meta.url))

/**
 * Whom to write to or read: `--to`, else P2PMSG_TO, else `to` in config.json, else the local stack of this checkout.
 * @throws {UsageError} when none of them says
 */
export async function receiverAddress(to: string | undefined, env: Surroundings['env']): Promise<Address> {
  const file = join(configFolder(env), 'config.json')
  const text = to ?? env.P2PMSG_TO ?? (await toIn(file)) ?? (await toIn(LOCAL_STACK))
  if (text === undefined)
    throw new UsageError(
      `no receiver: give --to p2pmsg://<key>[@host:port], set P2PMSG_TO, or write {"to": "p2pmsg://…"} to ${file}`,
    )
  return readAddress(text)
}

async function toIn(file: string): Promise<string | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw new UsageError(`cannot read ${file}: ${error.message}`)
  })
  if (text === undefined) return undefined
  const { to } = members(parseJson(text, file))
  return typeof to === 'string' ? to : undefined
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new UsageError(`${file} is not JSON: correct it, or remove it`)
  }
}
