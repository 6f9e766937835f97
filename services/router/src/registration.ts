import { lookup } from 'node:dns/promises'
import { type Endpoint, encodeRouterEntry, parseIp, ROUTERS_BUCKET, toHex } from '@p2pmsg/protocol'
import { type Bus, type Logger, openBucket } from '@p2pmsg/runtime'

/** Entries of the bucket expire after three times as long, milliseconds. */
const REFRESH_MS = 10_000

export type Registered = Readonly<{
  /** Names the entry: random, made when the process starts. */
  incarnation: Uint8Array
  /** Kademlia node id, 20 bytes. */
  id: Uint8Array
  /** How others reach us. A name is looked up at each refresh, as nodes are told by address. */
  endpoint: Endpoint
}>

/** Keeps this router in the bucket of live ones until disposed, which takes it out. */
export async function startRegistration(bus: Bus, router: Registered, log: Logger): Promise<AsyncDisposable> {
  const bucket = await openBucket(bus, ROUTERS_BUCKET)
  const name = toHex(router.incarnation)
  let ended = false
  const refresh = async () => {
    try {
      const { host, port } = router.endpoint
      const address = parseIp(host) ? host : (await lookup(host)).address
      if (ended || !bus.connected) return
      await bucket.put(name, encodeRouterEntry({ id: router.id, endpoint: { host: address, port } }))
    } catch (err) {
      log.warn({ err }, 'cannot register this router; others will not name it')
    }
  }
  await refresh()
  const timer = setInterval(() => void refresh(), REFRESH_MS)
  return {
    [Symbol.asyncDispose]: async () => {
      if (ended) return
      ended = true
      clearInterval(timer)
      if (bus.connected) await bucket.delete(name).catch((err: unknown) => log.warn({ err }, 'cannot deregister'))
    },
  }
}
