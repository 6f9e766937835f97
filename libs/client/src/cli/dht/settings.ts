import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Endpoint } from '@p2pmsg/protocol'
import { parseBootstrap } from '../../dht/bootstrap-nodes.ts'
import type { DhtOptions } from '../../dht/find-record.ts'
import type { Surroundings } from '../command.ts'
import { UsageError } from '../exit-code.ts'

/** Nodes that `--bootstrap` names, else P2PMSG_BOOTSTRAP. @throws {UsageError} */
export function bootstrapGiven(option: string | undefined, env: Surroundings['env']): readonly Endpoint[] | undefined {
  const [name, text] = option === undefined ? ['P2PMSG_BOOTSTRAP', env.P2PMSG_BOOTSTRAP] : ['--bootstrap', option]
  if (text === undefined || (option === undefined && text === '')) return undefined
  const nodes = parseBootstrap(text)
  if (!nodes) throw new UsageError(`${name} is host:port of DHT nodes, separated by commas, at most 32`)
  return nodes
}

/** How a receiver is found whose address names no host. Records are kept in `$XDG_CACHE_HOME/p2pmsg/records`. */
export function dhtOptions(option: string | undefined, env: Surroundings['env']): DhtOptions {
  const bootstrap = bootstrapGiven(option, env)
  const given = env.XDG_CACHE_HOME
  const base = given?.startsWith('/') ? given : join(env.HOME ?? homedir(), '.cache')
  return { cacheFolder: join(base, 'p2pmsg', 'records'), ...(bootstrap && { bootstrap }) }
}
