import { setTimeout as sleep } from 'node:timers/promises'
import { parseEndpoint, toHex } from '@p2pmsg/protocol'
import { Unreachable } from '../../failures.ts'
import { ping as pingOnce } from '../../ping.ts'
import { reachable } from '../../reachable.ts'
import { type Command, options, type Surroundings, wholeNumber } from '../command.ts'
import { EXIT, UsageError } from '../exit-code.ts'

const COUNT_DEFAULT = 3
const COUNT_MAX = 10_000
/** Between two pings, milliseconds. */
const PAUSE_MS = 500

export const ping: Command = {
  name: 'ping',
  summary: 'ask a router whether it is there',
  help: `p2pmsg ping <host:port | address> [--count N] [--json]

Sends KRPC pings (BEP 5) and prints how long each answer took. Exit code 4 when none was answered.

  --count N  how many, default ${COUNT_DEFAULT}
  --json     print one object a ping`,
  async run(args, around) {
    const { values, positionals } = options(args, { count: { type: 'string' }, json: { type: 'boolean' } })
    const [target] = positionals
    if (target === undefined || positionals.length > 1) throw new UsageError('ping wants one host:port or address')
    const endpoint = parseEndpoint(target) ?? reachable(target).endpoint
    const count = wholeNumber('count', values.count ?? String(COUNT_DEFAULT), 1, COUNT_MAX)
    let answers = 0
    for (let nth = 1; nth <= count; nth++) {
      if (nth > 1) await sleep(PAUSE_MS, undefined, { signal: around.signal })
      if (await one(endpoint, values.json === true, around)) answers++
    }
    return answers > 0 ? EXIT.ok : EXIT.unreachable
  },
}

async function one(endpoint: Parameters<typeof pingOnce>[0], json: boolean, around: Surroundings): Promise<boolean> {
  try {
    const { from, nodeId, seenAs, millis } = await pingOnce(endpoint, around.signal)
    const node = toHex(nodeId)
    const as = seenAs === undefined ? '' : `, sees us as ${seenAs}`
    if (json) around.say(JSON.stringify({ from, node, seenAs, millis }))
    else around.say(`${from} answers in ${millis.toFixed(1)} ms (node ${node}${as})`)
    return true
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error
    if (json) around.say(JSON.stringify({ error: error.code, detail: error.message }))
    around.note(error.message)
    return false
  }
}
