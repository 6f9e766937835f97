import { setTimeout as sleep } from 'node:timers/promises'
import { putReceiver, type StreamOptions, setUp } from '@p2pmsg/admin'
import { type Bus, connectBus, createLogger } from '@p2pmsg/runtime'
import { firstReceiver } from './first-receiver.ts'
import type { Services, Surroundings } from './services.ts'
import { Trouble } from './trouble.ts'

const CONNECT_MS = 15_000
const MIB = 1024 * 1024
/** Streams for one machine: NATS reserves the sum, so that it must fit a small disk. */
const LOCAL_STREAMS = { edgeBytesMax: 256 * MIB, messagesBytesMax: 1024 * MIB, refusedBytesMax: 64 * MIB }

/** Makes the streams and buckets, as the operator's setup job does, and hosts the first receiver. */
export async function setUpBus(
  around: Surroundings,
  services: Services,
  streams: Partial<StreamOptions>,
): Promise<void> {
  await using bus = await connectInTime(around.natsUrl('admin'))
  await setUp(bus, { ...LOCAL_STREAMS, ...streams })
  const now = Math.floor(Date.now() / 1000)
  await putReceiver(bus, firstReceiver(around.secrets, services, now))
}

/** Services wait for NATS as long as it takes; a person at a terminal should be told instead. */
async function connectInTime(url: string): Promise<Bus> {
  const log = createLogger('local', 'silent')
  const bus = await Promise.race([
    connectBus({ url, service: 'admin', log }),
    sleep(CONNECT_MS, undefined, { ref: false }),
  ])
  if (!bus) {
    const { host } = new URL(url)
    throw new Trouble(
      `NATS at ${host} does not let us in: is it there, and are the user and password in NATS_URL right?`,
      69,
    )
  }
  return bus
}
