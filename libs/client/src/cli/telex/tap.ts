import { setTimeout as sleep } from 'node:timers/promises'
import { formatSwitch, switchId, type Telex, toHex } from '@p2pmsg/protocol'
import { Driver } from '@p2pmsg/udp'
import { Unreachable } from '../../failures.ts'
import { ThinPeer } from '../../telex/thin-peer.ts'
import { type Command, options, wholeNumber } from '../command.ts'
import { EXIT, UsageError } from '../exit-code.ts'
import { telexLine } from './lines.ts'
import { switchAddress } from './switch.ts'

/** A switch that has said nothing by then is not there, milliseconds. */
const ANSWER_MS_MAX = 5_000
const COUNT_MAX = 1_000_000_000

export const telexTap: Command = {
  name: 'tap',
  summary: 'hear what is said at a switch, as server.js did',
  help: `p2pmsg telex tap [+name | name=value | JSON …] [--to HOST:PORT] [--count N] [--json]

Prints every telex that passes the switch and has all of these members: +key alone if none is given. A word of JSON is a
list of rules as they go into .tap. Ends with Ctrl-C.

  --to HOST:PORT  the switch, or a receiver's address; else as p2pmsg send
  --count N       ends after so many
  --json          print one object a telex`,
  async run(args, around) {
    const { values, positionals } = options(args, {
      to: { type: 'string' },
      count: { type: 'string' },
      json: { type: 'boolean', default: false },
    })
    const tap = rulesOf(positionals)
    let left = values.count === undefined ? COUNT_MAX : wholeNumber('count', values.count, 1, COUNT_MAX)
    const to = await switchAddress(values.to, around.env)
    const { promise: ended, resolve: end, reject } = Promise.withResolvers<void>()
    let answered = false
    const onTelex = (telex: Telex): void => {
      if (!answered) around.note(`${formatSwitch(to)} answers; listening`)
      answered = true
      if (left === 0 || ![...telex.members.keys()].some((name) => name.startsWith('+'))) return
      around.say(telexLine(telex, values.json))
      if (--left === 0) end()
    }
    const neighbourhood = toHex(switchId(formatSwitch(to)))
    const peer = new ThinPeer({ to, end: neighbourhood, tap, onTelex })
    await using _driver = await Driver.start(peer, { host: '', port: 0 })
    around.signal.addEventListener('abort', () => reject(around.signal.reason as Error), { once: true })
    const late = sleep(ANSWER_MS_MAX, undefined, { ref: false }).then(() => {
      if (!answered) reject(new Unreachable(`no switch answers at ${formatSwitch(to)}`))
    })
    await Promise.race([ended, late.then(() => ended)])
    return EXIT.ok
  },
}

function rulesOf(words: readonly string[]): string {
  const [first] = words
  if (first === undefined) return JSON.stringify([{ has: ['+key'] }])
  if (first.startsWith('[')) return given(first, words.length)
  const has = words.filter((word) => !word.includes('='))
  const pairs = words.filter((word) => word.includes('=')).map((word) => splitAt(word, word.indexOf('=')))
  return JSON.stringify([
    { ...(pairs.length > 0 && { is: Object.fromEntries(pairs) }), ...(has.length > 0 && { has }) },
  ])
}

function given(json: string, words: number): string {
  if (words > 1) throw new UsageError('either one list of rules in JSON, or members')
  try {
    return JSON.stringify(JSON.parse(json))
  } catch {
    throw new UsageError(`not JSON: ${json}`)
  }
}

function splitAt(text: string, index: number): [string, string] {
  return [text.slice(0, index), text.slice(index + 1)]
}
