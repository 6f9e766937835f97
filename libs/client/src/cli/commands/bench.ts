import { NoRecord, Unreachable } from '../../failures.ts'
import { Sender } from '../../sender.ts'
import { type Figures, latencyOf, tableOf } from '../bench/figures.ts'
import { Load, MESSAGES_MAX } from '../bench/load.ts'
import { type Command, options, type Surroundings, wholeNumber } from '../command.ts'
import { dhtOptions } from '../dht/settings.ts'
import { EXIT, UsageError } from '../exit-code.ts'
import { senderKeys } from '../key-file.ts'
import { Progress } from '../progress.ts'
import { receiverAddress } from '../settings.ts'

const WINDOW_DEFAULT = 64
const WINDOW_MAX = 4_096
const COUNT_DEFAULT = 1_000
const SECONDS_MAX = 3_600
const RATE_MAX = 100_000
const SIZE_DEFAULT = 100
const SIZE_MAX = 60_000
/** The first message has to find the routers and come through within this, milliseconds. */
const FIRST_MS_MAX = 10_000

export const bench: Command = {
  name: 'bench',
  summary: 'load an address with messages, and say how fast they were accepted',
  help: `p2pmsg bench [address] [--window N] [--count N | --seconds S] [--size BYTES] [--rate N] [--key FILE] [--bootstrap LIST] [--json]

Sends real messages, which stay in the receiver's feed, and prints rates and percentiles of the time to the receipt. They are
signed before the clock starts (as many as two seconds are enough for), and each receipt is verified. The first message finds the
routers and is not counted. Without an address: that of P2PMSG_TO, or of "to" in config.json.

  --window N       in flight at once, 1–${WINDOW_MAX}, default ${WINDOW_DEFAULT}
  --count N        messages, up to ${MESSAGES_MAX}, default ${COUNT_DEFAULT}
  --seconds S      send for so long instead, up to ${SECONDS_MAX}
  --size BYTES     of each text, default ${SIZE_DEFAULT}; beyond what a datagram holds they go over HTTP
  --rate N         messages due a second; their time counts from when they were due, wait for a place in the window included
  --key FILE       who signs; else ~/.config/p2pmsg/key
  --bootstrap LIST host:port of DHT nodes for an address without a host, else P2PMSG_BOOTSTRAP
  --json           print one object

Ctrl-C prints what there is so far. Exit codes: 0 all accepted, 1 some were not, 4 no router answers, 130 interrupted.`,
  async run(args, around) {
    const { values, positionals } = options(args, {
      window: { type: 'string', default: String(WINDOW_DEFAULT) },
      count: { type: 'string' },
      seconds: { type: 'string' },
      size: { type: 'string', default: String(SIZE_DEFAULT) },
      rate: { type: 'string' },
      key: { type: 'string' },
      bootstrap: { type: 'string' },
      json: { type: 'boolean', default: false },
    })
    if (positionals.length > 1) throw new UsageError('bench wants at most one address')
    if (values.count !== undefined && values.seconds !== undefined) throw new UsageError('either --count or --seconds')
    const number = (name: 'count' | 'seconds' | 'rate', max: number) =>
      values[name] === undefined ? undefined : wholeNumber(name, values[name], 1, max)
    const window = wholeNumber('window', values.window, 1, WINDOW_MAX)
    const size = wholeNumber('size', values.size, 1, SIZE_MAX)
    const [count, seconds, perSecond] = [
      number('count', MESSAGES_MAX),
      number('seconds', SECONDS_MAX),
      number('rate', RATE_MAX),
    ]
    const address = await receiverAddress(positionals[0], around.env)
    const keys = await senderKeys(values.key, around)
    await using sender = await Sender.start({ keys, address, window, dht: dhtOptions(values.bootstrap, around.env) })
    await reach(sender, around)
    const sent = sender.counts.attempts
    const load = new Load({
      sender,
      window,
      count: count ?? (seconds === undefined ? COUNT_DEFAULT : MESSAGES_MAX),
      seconds,
      perSecond,
      text: (nth) => `bench ${nth} `.padEnd(size, '.').slice(0, size),
      signal: around.signal,
    })
    {
      using _progress = new Progress(() => progressOf(load))
      await load.sign()
      await load.run()
    }
    const figures = figuresOf(load, sender, sent, around.signal.aborted)
    around.say(values.json ? JSON.stringify({ window, size, ...figures }) : tableOf(figures))
    if (figures.interrupted) return EXIT.interrupted
    return figures.unanswered > 0 || load.refused.size > 0 ? EXIT.failed : EXIT.ok
  },
}

/** One message, which waits until there is a router. @throws {Unreachable} */
async function reach(sender: Sender, around: Surroundings): Promise<void> {
  const late = AbortSignal.timeout(FIRST_MS_MAX)
  try {
    await sender.send({ text: 'bench' }, { signal: AbortSignal.any([around.signal, late]) })
  } catch (error) {
    if (error !== late.reason) throw error
    const why = sender.trouble === undefined ? '' : `: ${sender.trouble}`
    const words = `no receipt for a first message within ${FIRST_MS_MAX / 1000} s${why}`
    throw sender.heard ? new NoRecord(words) : new Unreachable(words)
  }
}

function progressOf(load: Load): string {
  const { latencies, seconds } = load
  if (seconds === 0) return 'signing …'
  const rate = latencies.length / seconds
  return `${latencies.length} accepted, ${rate.toFixed(0)}/s, ${seconds.toFixed(0)} s`
}

function figuresOf(load: Load, sender: Sender, sentBefore: number, interrupted: boolean): Figures {
  const accepted = load.latencies.length
  const refused = Object.fromEntries(load.refused)
  return {
    way: sender.way,
    accepted,
    refused,
    unanswered: load.unanswered,
    seconds: load.seconds,
    perSecond: load.seconds === 0 ? 0 : accepted / load.seconds,
    latency: latencyOf(load.latencies),
    repeats: sender.counts.attempts - sentBefore - accepted - Object.values(refused).reduce((sum, n) => sum + n, 0),
    putOff: Object.fromEntries(sender.putOff),
    interrupted,
  }
}
