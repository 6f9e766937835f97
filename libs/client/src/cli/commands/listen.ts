import {
  formatAddress,
  formatCursor,
  type PipeState,
  type Position,
  parseCursor,
  parseKey,
  sealKeyOf,
  toZBase32,
} from '@p2pmsg/protocol'
import { type Heard, Listener } from '../../listen/listener.ts'
import { formatUdp } from '../../names.ts'
import { type Command, options, type Surroundings, wholeNumber } from '../command.ts'
import { dhtOptions } from '../dht/settings.ts'
import { EXIT, UsageError } from '../exit-code.ts'
import { StateFile } from '../feed/state.ts'
import { runCommand, TRIES } from '../listen/run-command.ts'
import { Opener } from '../opener.ts'
import { prettyMessage } from '../pretty-message.ts'
import { receiverAddress } from '../settings.ts'

const COUNT_MAX = 1_000_000_000

export const listen: Command = {
  name: 'listen',
  summary: 'be a receiver: get messages pushed as they are accepted, and print them or run a command with each',
  help: `p2pmsg listen [address] [--topic TOPIC] [--author KEY] [--from POSITION] [--state FILE] [--exec COMMAND] [--open FILE]
              [--count N] [--bootstrap LIST] [--json]

Opens a pipe to a router of the receiver's cluster and prints what it sends: the messages of the feed, oldest first, each with
its signature checked, and new ones as they are accepted. When the router dies it goes on at another. Without an address: that of
P2PMSG_TO, or of "to" in config.json. Ends with Ctrl-C.

  --topic TOPIC    only this topic's; '' = messages without one; else the address's
  --author KEY     only this author's
  --from POSITION  begins behind this: a position, or the cursor of a message in any feed. Default: from the first message
  --state FILE     go on where FILE says, and keep it up to date; p2pmsg feed --follow has the same. A process that was killed
                   repeats at most a second, with --exec one message
  --exec COMMAND   runs it in the shell with each message on its standard input, one at a time, instead of printing; P2PMSG_ID,
                   _AUTHOR, _AUTHOR_NAME, _TOPIC, _TYPE, _POSITION, _CURSOR, _SENT and _REPLY_TO say the rest. One that fails is
                   run again, 0.5 s and more later; after ${TRIES} times listen ends, and nothing was skipped: --state goes on with
                   this very message. Messages that their authors have removed are passed over
  --open FILE      the receiver's key: shows what was sealed to it (p2pmsg send --seal)
  --count N        ends after so many messages
  --bootstrap LIST host:port of DHT nodes for an address without a host, else P2PMSG_BOOTSTRAP
  --json           print one object a message; with --exec, that is the standard input

Exit codes: 0 after --count, 1 the command failed or the cluster does not have this feed, 2 not understood, 4 no router answers at
the start, 130 Ctrl-C.`,
  async run(args, around) {
    const { values, positionals } = options(args, {
      topic: { type: 'string' },
      author: { type: 'string' },
      from: { type: 'string' },
      state: { type: 'string' },
      exec: { type: 'string' },
      open: { type: 'string' },
      count: { type: 'string' },
      bootstrap: { type: 'string' },
      json: { type: 'boolean', default: false },
    })
    if (positionals.length > 1) throw new UsageError('listen wants at most one address')
    const author = values.author === undefined ? undefined : parseKey(values.author)
    if (values.author !== undefined && !author) throw new UsageError('--author is a public key')
    const start = values.from === undefined ? 0n : readStart(values.from)
    let left = values.count === undefined ? COUNT_MAX : wholeNumber('count', values.count, 1, COUNT_MAX)
    const opener = await Opener.read(values.open, around)
    const address = await receiverAddress(positionals[0], around.env)
    const topic = values.topic ?? (address.topic === '' ? undefined : address.topic)
    const about = {
      receiver: toZBase32(address.receiver),
      ...(values.author !== undefined && { author: values.author }),
      ...(topic !== undefined && { topic }),
    }
    await using state = values.state === undefined ? undefined : await StateFile.open(values.state, about)
    const from = state?.cursor === undefined ? start : readStart(state.cursor)
    await using listener = await Listener.start({
      address,
      from,
      dht: dhtOptions(values.bootstrap, around.env),
      signal: around.signal,
      ...(topic !== undefined && { topic }),
      ...(author && { author }),
      ...reports(around),
    })
    const sealKey = listener.resolved.record.sealKey ?? sealKeyOf(address.receiver)
    opener?.warn(sealKey, around.note)
    const where = from === 0n ? 'from the first message' : `behind ${formatCursor(from)}`
    around.note(`listening to ${formatAddress({ ...address, topic: '' })} ${where}`)
    const handle = handlerOf(values.exec, values.json, around)
    for await (const message of listener) {
      await handle(opener?.open(message) ?? message)
      await state?.read(message.cursor, values.exec !== undefined)
      if (--left === 0) break
    }
    opener?.conclude(sealKey, around.note)
    return EXIT.ok
  },
}

type Handler = (message: Heard) => Promise<void> | void

function handlerOf(command: string | undefined, json: boolean, around: Surroundings): Handler {
  if (command === undefined) {
    return (message: Heard) => around.say(json ? JSON.stringify(message) : prettyMessage(message))
  }
  const { env, signal, note } = around
  return async (message: Heard) => {
    if (!message.removed) await runCommand(message, { command, json, env, signal, note })
  }
}

/** What a person wants to know of the line to the cluster. */
function reports({ note }: Surroundings) {
  let isAway = false
  return {
    onState: (state: PipeState) => {
      if (state.state === 'open') {
        if (isAway) note(`the router at ${formatUdp(state.router.address)} answers`)
        isAway = false
      } else if (state.state === 'unreachable' && !isAway) {
        isAway = true
        note('no router answers; they are asked until one does')
      }
    },
    onPause: (code: string, againMs: number) =>
      note(`the router cannot follow the feed now (${code}); again in ${(againMs / 1000).toFixed(1)} s`),
    onFault: (fault: string, position: Position) =>
      note(`the message at ${formatCursor(position)} does not prove itself (${fault}) and is left out`),
  }
}

/** What the store keeps positions in: a signed number of 64 bits. */
const POSITION_MAX = 2n ** 63n - 1n

/** Cursors begin with letters, so a number is a position. */
function readStart(text: string): Position {
  if (/^\d{1,19}$/.test(text) && BigInt(text) <= POSITION_MAX) return BigInt(text)
  const cursor = parseCursor(text)
  if (!cursor.ok) throw new UsageError('--from is a position, or the cursor of a message')
  return cursor.value
}
