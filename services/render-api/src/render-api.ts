import type { AddressInfo } from 'node:net'
import {
  connectBus,
  DurabilityProbe,
  followAnnouncements,
  listenHost,
  type RunContext,
  type Service,
} from '@p2pmsg/runtime'
import { createApp } from './app.ts'
import type { Config } from './config.ts'
import { announcementBad, announcementHeard } from './events.ts'
import { Names } from './feed/names.ts'
import { Pages } from './feed/pages.ts'
import { Heads } from './follow/heads.ts'
import { learnPartitions } from './follow/partitions.ts'
import { ClientLimits } from './http/client-limits.ts'
import { LiveHub } from './live/hub.ts'
import { Receivers } from './receivers.ts'
import { StoreReader } from './store-reader.ts'

/** Time for answers that are under way on a drain, exports among them, milliseconds; then whoever reads goes on with a cursor. */
const CLOSE_MS = 20_000

export type RenderApi = Service & Readonly<{ port: number }>

/** Answers readers over HTTP from what the store tells over the bus. */
export async function startRenderApi(config: Config, { log, health }: RunContext): Promise<RenderApi> {
  await using started = new AsyncDisposableStack()
  const now = () => Date.now()
  const bus = started.use(await connectBus({ url: config.natsUrl, service: 'render-api', log }))
  const receivers = started.use(new Receivers())
  await receivers.start(bus, log)
  const durability = started.use(new DurabilityProbe({ bus, monitorUrl: config.natsMonitorUrl, log }))
  await durability.reread()
  const reader = new StoreReader(bus)
  const heads = new Heads(now)
  const names = new Names(reader, heads, now)
  const live = started.use(new LiveHub({ reader, names, heads, receivers, log, now }))
  receivers.whenGone((receiver) => live.gone(receiver))
  started.defer(
    followAnnouncements(bus, {
      onAnnouncement: (partition, announcement) => {
        announcementHeard()
        names.heard(partition, announcement)
        heads.heard(partition, announcement)
        live.heard(partition, announcement)
      },
      onFault: announcementBad,
    }),
  )
  started.use(learnPartitions(reader, heads, log))
  health.ready('bus', () => bus.connected)
  health.ready('receivers', () => receivers.primed)
  const app = await createApp({
    reader,
    receivers,
    names,
    live,
    log,
    now,
    clients: new ClientLimits({ perSecond: config.clientRate, now }),
    clientRate: config.clientRate,
    trustedProxies: config.trustedProxies,
    pages: new Pages({ reader, names, heads, now }),
    defaultReceiver: config.defaultReceiver,
    publicUrl: config.publicUrl,
    durability: () => durability.current(),
    missing: () => health.missing,
  })
  started.defer(() => app.close())
  await app.listen({ host: await listenHost(config.httpHost), port: config.httpPort })
  const { port } = app.server.address() as AddressInfo
  log.info({ port }, 'serving feeds')
  const running = started.move()
  return {
    port,
    drain: () => {
      live.drain()
      setTimeout(() => app.server.closeAllConnections(), CLOSE_MS).unref()
      return app.close()
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}
