import { parseArgs } from 'node:util'
import { CLUSTER_SECRET_BYTES_MIN, formatAddress, pipeKeysOf, toHex } from '@p2pmsg/protocol'
import { type Bus, ConfigError, connectBus, createLogger, Env, reasonOf } from '@p2pmsg/runtime'
import { startEpoch } from '../epoch.ts'
import { listReceivers } from '../receivers.ts'
import { setUpCluster } from '../set-up-cluster.ts'
import { readSetupConfig } from '../setup-config.ts'
import { secretsCommand } from './secrets.ts'

const HELP = `p2pmsg admin: looks after a receiver cluster. NATS_URL names the bus, with the admin user.

  setup [--partitions N] [--replicas N]   make or update streams, consumers and buckets, and host the receivers of
                                          P2PMSG_RECEIVERS; waits for the bus, safe to repeat. docs/settings.md has the rest
  receivers                               list the hosted receivers
  epoch N --yes                           start a new log as epoch N, after the old one was lost;
                                          blocks of it that no store has applied are dropped
  pipe-key                                print the pipe key of the routers that have P2PMSG_CLUSTER_SECRETS
  secrets [--make KINDS] [--nats HOST:PORT,…] [--routes HOST:PORT,…] [--postgres HOST:PORT/DB]
          (--folder FOLDER | --kubernetes RELEASE)
                                          make a trial's secrets; those that are there stay
`
const EXIT = { ok: 0, failed: 1, usage: 2, configuration: 78 } as const

/** @param args what follows `p2pmsg admin` @returns the exit code */
export async function adminCommand(args: readonly string[]): Promise<number> {
  const [name = 'help', ...rest] = args
  if (name === 'help' || name === '--help' || name === '-h') return say(HELP)
  const command = COMMANDS[name]
  if (!command) return usage(`no such command: ${name}`)
  try {
    return await command(rest)
  } catch (thrown) {
    process.stderr.write(`p2pmsg admin: ${reasonOf(thrown)}\n`)
    if (thrown instanceof ConfigError) return EXIT.configuration
    return (thrown as NodeJS.ErrnoException).code?.startsWith('ERR_PARSE_ARGS') ? EXIT.usage : EXIT.failed
  }
}

async function onBus(work: (bus: Bus) => Promise<number>): Promise<number> {
  const url = new Env(process.env).optional('NATS_URL')
  if (!url) return usage('NATS_URL is not set; for the local stack, `npm start` prints it')
  await using bus = await connectBus({ url, service: 'admin', log: createLogger('admin', 'fatal') })
  return await work(bus) // before the bus is closed
}

const COMMANDS: Readonly<Record<string, (args: string[]) => Promise<number>>> = {
  async setup(args) {
    const { values } = parseArgs({ args, options: { partitions: { type: 'string' }, replicas: { type: 'string' } } })
    const config = readSetupConfig({
      ...process.env,
      ...(values.partitions !== undefined && { P2PMSG_PARTITIONS: values.partitions }),
      ...(values.replicas !== undefined && { P2PMSG_STREAM_REPLICAS: values.replicas }),
    })
    const { hosted, removed } = await setUpCluster(
      config,
      createLogger('admin', process.env.P2PMSG_LOG_LEVEL || 'fatal'),
    )
    const { partitions, replicas } = config.streams
    say(`streams and buckets are ready: ${partitions} partitions, ${replicas} replica(s)\n`)
    return config.receivers === undefined ? EXIT.ok : say(`receivers: ${hosted} hosted, ${removed} no longer\n`)
  },
  receivers: () =>
    onBus(async (bus) => {
      for (const { name, entry } of await listReceivers(bus)) {
        if (!entry.ok) {
          say(`${name}  unusable: ${entry.fault}\n`)
          continue
        }
        const { key, record, managedBy } = entry.value
        const address = formatAddress({ receiver: key, endpoint: record.endpoints[0], topic: '' })
        say(managedBy === undefined ? `${address}\n` : `${address}  kept by ${managedBy}\n`)
      }
      return EXIT.ok
    }),
  async epoch(args) {
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options: { yes: { type: 'boolean' } } })
    if (!values.yes) return usage('this drops what no store has applied; say --yes if that is meant')
    return onBus(async (bus) => {
      const { from, to, blocksDropped } = await startEpoch(bus, Number(positionals[0]))
      return say(
        `epoch ${from} is over, epoch ${to} has begun; ${blocksDropped} blocks of the old log are gone from it\n`,
      )
    })
  },
  'pipe-key': () => {
    const env = new Env(process.env)
    const [first] = env.done(env.hexList('P2PMSG_CLUSTER_SECRETS', { bytesMin: CLUSTER_SECRET_BYTES_MIN }))
    if (!first) return Promise.resolve(usage('P2PMSG_CLUSTER_SECRETS holds no secret'))
    return Promise.resolve(say(`${toHex(pipeKeysOf(first).publicKey)}\n`))
  },
  async secrets(args) {
    await secretsCommand(args, say)
    return EXIT.ok
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
