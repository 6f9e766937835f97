import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { formatSwitch, switchId, type Telex, toHex } from '@p2pmsg/protocol'
import { Driver } from '@p2pmsg/udp'
import { Unreachable } from '../../failures.ts'
import { ThinPeer } from '../../telex/thin-peer.ts'
import { type Command, options } from '../command.ts'
import { EXIT, UsageError } from '../exit-code.ts'
import { printableLine } from '../printable.ts'
import { switchAddress } from './switch.ts'

/** A switch that has said nothing by then is not there, milliseconds. */
const ANSWER_MS_MAX = 5_000
/** Switches of one answer that are printed. */
const SEEN_MAX = 16

export const telexDial: Command = {
  name: 'dial',
  summary: 'ask a switch who is near an end',
  help: `p2pmsg telex dial [end] [--to HOST:PORT] [--json]

Sends +end and prints the switches of the answer, nearest first. An end is 40 hex digits, or a text whose SHA-1 is meant;
without one, the switch's own neighbourhood. Exit code 4 when none answers.

  --to HOST:PORT  the switch, or a receiver's address; else as p2pmsg send
  --json          print {"end", "see"}`,
  async run(args, around) {
    const { values, positionals } = options(args, {
      to: { type: 'string' },
      json: { type: 'boolean', default: false },
    })
    if (positionals.length > 1) throw new UsageError('dial wants at most one end')
    const to = await switchAddress(values.to, around.env)
    const end = endOf(positionals[0], formatSwitch(to))
    const { promise, resolve, reject } = Promise.withResolvers<readonly string[]>()
    const onTelex = (telex: Telex): void => {
      const see = telex.members.get('.see')?.value
      if (Array.isArray(see)) resolve(see.slice(0, SEEN_MAX).filter((address) => typeof address === 'string'))
    }
    const peer = new ThinPeer({ to, end, tap: undefined, onTelex })
    await using _driver = await Driver.start(peer, { host: '', port: 0 })
    around.signal.addEventListener('abort', () => reject(around.signal.reason as Error), { once: true })
    const late = sleep(ANSWER_MS_MAX, undefined, { ref: false }).then(() => {
      throw new Unreachable(`no switch answers at ${formatSwitch(to)}`)
    })
    const see = await Promise.race([promise, late])
    if (values.json) around.say(JSON.stringify({ end, see }))
    else for (const address of see) around.say(printableLine(address))
    return EXIT.ok
  },
}

function endOf(word: string | undefined, switchText: string): string {
  if (word === undefined) return toHex(switchId(switchText))
  return /^[0-9a-f]{40}$/i.test(word) ? word.toLowerCase() : createHash('sha1').update(word).digest('hex')
}
