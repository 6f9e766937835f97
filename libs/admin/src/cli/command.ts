import { parseArgs } from 'node:util'
import { formatAddress } from '@p2pmsg/protocol'
import { type Bus, connectBus, createLogger, reasonOf } from '@p2pmsg/runtime'
import { startEpoch } from '../epoch.ts'
import { listReceivers } from '../receivers.ts'
import { STREAM_DEFAULTS, setUp } from '../setup.ts'

const HELP = `p2pmsg admin: looks after a receiver cluster. NATS_URL names the bus, with the admin user.

  setup [--partitions N] [--replicas N]   make or update streams, consumers and buckets (safe to repeat)
  receivers                               list the hosted receivers
  epoch N --yes                           start a new log as epoch N, after the old one was lost;
                                          blocks of it that no store has applied are dropped
`
const EXIT = { ok: 0, failed: 1, usage: 2 } as const

/** @param args what follows `p2pmsg admin` @returns the exit code */
export async function adminCommand(args: readonly string[]): Promise<number> {
  const [name = 'help', ...rest] = args
  if (name === 'help' || name === '--help' || name === '-h') return say(HELP)
  const command = COMMANDS[name]
  const url = process.env.NATS_URL
  if (!command) return usage(`no such command: ${name}`)
  if (!url) return usage('NATS_URL is not set; for the local stack, `npm start` prints it')
  try {
    await using bus = await connectBus({ url, service: 'admin', log: createLogger('admin', 'fatal') })
    return await command(bus, rest)
  } catch (thrown) {
    process.stderr.write(`p2pmsg admin: ${reasonOf(thrown)}\n`)
    return EXIT.failed
  }
}

const COMMANDS: Readonly<Record<string, (bus: Bus, args: string[]) => Promise<number>>> = {
  async setup(bus, args) {
    const { values } = parseArgs({ args, options: { partitions: { type: 'string' }, replicas: { type: 'string' } } })
    const partitions = Number(values.partitions ?? STREAM_DEFAULTS.partitions)
    const replicas = Number(values.replicas ?? STREAM_DEFAULTS.replicas)
    if (!Number.isInteger(partitions) || !Number.isInteger(replicas))
      return usage('--partitions and --replicas are whole numbers')
    await setUp(bus, { partitions, replicas })
    return say(`streams and buckets are ready: ${partitions} partitions, ${replicas} replica(s)\n`)
  },
  async receivers(bus) {
    for (const { name, entry } of await listReceivers(bus)) {
      if (!entry.ok) say(`${name}  unusable: ${entry.fault}\n`)
      else
        say(`${formatAddress({ receiver: entry.value.key, endpoint: entry.value.record.endpoints[0], topic: '' })}\n`)
    }
    return EXIT.ok
  },
  async epoch(bus, args) {
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options: { yes: { type: 'boolean' } } })
    if (!values.yes) return usage('this drops what no store has applied; say --yes if that is meant')
    const { from, to, blocksDropped } = await startEpoch(bus, Number(positionals[0]))
    return say(
      `epoch ${from} is over, epoch ${to} has begun; ${blocksDropped} blocks of the old log are gone from it\n`,
    )
  },
}

function say(text: string): number {
  process.stdout.write(text)
  return EXIT.ok
}

function usage(why: string): number {
  process.stderr.write(`p2pmsg admin: ${why}\n\n${HELP}`)
  return EXIT.usage
}
