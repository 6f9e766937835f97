import { type Endpoint, parseEndpoint } from '@p2pmsg/protocol'

/** Well-known nodes of the public Mainline DHT, kept by different people. Who has a network of their own names its nodes instead. */
export const PUBLIC_BOOTSTRAP: readonly Endpoint[] = [
  { host: 'router.bittorrent.com', port: 6881 },
  { host: 'dht.transmissionbt.com', port: 6881 },
  { host: 'dht.libtorrent.org', port: 25_401 },
  { host: 'relay.pkarr.org', port: 6881 },
]
/** As many as are asked at once. */
const NODES_MAX = 32

/** Reads `host:port`, separated by commas. @returns undefined when one of them is none, or there are none or too many */
export function parseBootstrap(text: string): readonly Endpoint[] | undefined {
  const texts = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
  const endpoints = texts.flatMap((part) => parseEndpoint(part) ?? [])
  return endpoints.length === texts.length && texts.length > 0 && texts.length <= NODES_MAX ? endpoints : undefined
}
