import { PUBLIC_BOOTSTRAP } from '../../dht/bootstrap-nodes.ts'
import { DhtClient } from '../../dht/dht-client.ts'
import type { Surroundings } from '../command.ts'
import { HopList, hopLine } from './hops.ts'
import { bootstrapGiven } from './settings.ts'

/** What all commands of the DHT take. */
export const DHT_OPTIONS = {
  bootstrap: { type: 'string' },
  verbose: { type: 'boolean', short: 'v', default: false },
  json: { type: 'boolean', default: false },
} as const

type Values = Readonly<{ bootstrap?: string; verbose: boolean; json: boolean }>

/** A read-only node for the time of one command, whose queries are printed or kept as the options say. */
export async function startSession(values: Values, around: Surroundings) {
  const asked = new HopList()
  const dht = await DhtClient.start({
    bootstrap: bootstrapGiven(values.bootstrap, around.env) ?? PUBLIC_BOOTSTRAP,
    signal: around.signal,
    onHop: (hop) => {
      asked.add(hop)
      if (values.verbose && !values.json) around.say(hopLine(hop))
    },
  })
  return {
    dht,
    /** To be spread into the object that --json prints. */
    asked: () => (values.verbose ? { asked } : {}),
    [Symbol.asyncDispose]: () => dht[Symbol.asyncDispose](),
  }
}
