import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { ServiceName } from './service.ts'
import { DATA_FOLDER, type Ports, REPLICAS_MAX } from './stack-options.ts'
import { Trouble } from './trouble.ts'

export type StartOptions = Readonly<{
  help: boolean
  once: boolean
  reset: boolean
  freePorts: boolean
  data: string
  replicas: Replicas
}>

/** How many processes of each service; one of those that are not named. */
type Replicas = Partial<Record<ServiceName, number>>

export const USAGE = `npm start [-- options]      (or ./p2pmsg start [options])

Runs a whole p2pmsg cluster on this machine, sends it a first message through UDP and shows where to read it.
Everything listens on 127.0.0.1 alone. Data and keys stay in .p2pmsg/data, logs in .p2pmsg/data/logs. Ctrl-C stops it.

  --once        send the first message, read it back, stop everything; exit code 0 if it was there
  --reset       begin with empty data and new keys
  --free-ports  take any free ports instead of UDP 42424, TCP 8080, 8081 and 9464–9467
  --replicas router=2,ingest=2,store=2,render-api=2
                several processes of a service; routers share one UDP address that spreads datagrams over them
  --data FOLDER keep data, keys and logs there instead of .p2pmsg/data
  --help        this text

NATS_URL      a NATS with JetStream to use instead of an own one (its user must be allowed everything)
POSTGRES_URL  a Postgres database to use instead of an own one
P2PMSG_NATS_RELEASE_URL  a folder to fetch nats-server's release archive from
`

/** The ports of DESIGN §9; NATS and Postgres take free ones, so as not to meet those of other projects. */
export const USUAL_PORTS: Partial<Ports> = {
  udp: 42424,
  routerHttp: 8081,
  renderHttp: 8080,
  metrics: { router: 9464, ingest: 9465, store: 9466, 'render-api': 9467 },
}

/** @throws {Trouble} for an option that is not known */
export function parseStartOptions(args: readonly string[]): StartOptions {
  const flag = { type: 'boolean', default: false } as const
  try {
    const options = {
      help: { ...flag, short: 'h' },
      once: flag,
      reset: flag,
      'free-ports': flag,
      data: { type: 'string', default: DATA_FOLDER },
      replicas: { type: 'string', default: '' },
    } as const
    const { values } = parseArgs({ args: [...args], options })
    const { help, once, reset, data } = values
    return {
      help,
      once,
      reset,
      freePorts: values['free-ports'],
      data: resolve(data),
      replicas: parseReplicas(values.replicas),
    }
  } catch (error) {
    throw new Trouble(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`, 64)
  }
}

const SERVICES: readonly ServiceName[] = ['router', 'ingest', 'store', 'render-api']

/** @throws {Error} naming the part that is none */
function parseReplicas(text: string): Replicas {
  const replicas: Replicas = {}
  for (const part of text.split(',').filter((part) => part !== '')) {
    const [, name, count] = /^([a-z-]+)=(\d{1,3})$/.exec(part.trim()) ?? []
    const service = SERVICES.find((service) => service === name)
    if (!service || Number(count) < 1 || Number(count) > REPLICAS_MAX)
      throw new Error(`--replicas: ${part} is not one of ${SERVICES.join(', ')} = 1 to ${REPLICAS_MAX}`)
    replicas[service] = Number(count)
  }
  return replicas
}
