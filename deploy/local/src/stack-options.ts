import { join } from 'node:path'
import type { StreamOptions } from '@p2pmsg/admin'
import { STATE_FOLDER } from './places.ts'
import { freePort } from './ports.ts'
import type { ServiceName } from './service.ts'

/** Ports of the first process of each kind; further replicas take free ones. 0 or absent: any free port. */
export type Ports = Readonly<{
  udp: number
  routerHttp: number
  renderHttp: number
  metrics: Readonly<Record<ServiceName, number>>
  nats: number
  natsMonitor: number
  postgres: number
}>

export type StackOptions = Readonly<{
  /** Where data, keys and logs are; two stacks never share one. */
  folder?: string
  ports?: Partial<Ports>
  /** How many processes of each service, 1 if absent; 0 leaves it out. */
  replicas?: Partial<Readonly<Record<ServiceName, number>>>
  /** One UDP address in front of all routers, which spreads datagrams over them; else each has its own. */
  spread?: boolean
  /** Settings of a service beyond those that the stack gives it; they win. */
  env?: Partial<Readonly<Record<ServiceName, Readonly<Record<string, string>>>>>
  /** Sizes and partitions of the streams, where they differ from a local stack's. */
  streams?: Partial<StreamOptions>
  /** Throws away what the folder holds, keys included, before anything starts. */
  reset?: boolean
  /** Ends a start that is under way; what has started is stopped. */
  signal?: AbortSignal
  /** True: NATS_URL and POSTGRES_URL are not looked at, so that every server can be killed. */
  ownServers?: boolean
  postgresSettings?: Readonly<Record<string, string>>
  drainSeconds?: number
  /** Each line that a child prints, besides its log file. */
  onLine?: (line: string, name: string) => void
  /** Progress, for a person who waits. */
  say?: (line: string) => void
}>

export const DATA_FOLDER = join(STATE_FOLDER, 'data')
export const REPLICAS_MAX = 16 // of one service; a slip of the hand must not start a thousand processes
export const DRAIN_SECONDS_DEFAULT = 30

/** The ports as they will be used: every 0 becomes a free one. */
export async function settledPorts(wanted: Partial<Ports> = {}): Promise<Ports> {
  const { metrics } = wanted
  return {
    udp: await freePort(wanted.udp, 'udp'),
    routerHttp: await freePort(wanted.routerHttp),
    renderHttp: await freePort(wanted.renderHttp),
    metrics: {
      router: await freePort(metrics?.router),
      ingest: await freePort(metrics?.ingest),
      store: await freePort(metrics?.store),
      'render-api': await freePort(metrics?.['render-api']),
    },
    nats: await freePort(wanted.nats),
    natsMonitor: await freePort(wanted.natsMonitor),
    postgres: await freePort(wanted.postgres),
  }
}
