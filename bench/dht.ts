/**
 * `./p2pmsg bench dht`: what a query costs the Kademlia node, over real sockets on loopback, beside a plain echo and WebTorrent's
 * node in the same run: requests per CPU-second, as a ratio to that ceiling, and memory per stored item. Exits 1 when a floor is
 * not held.
 */
import { randomBytes } from 'node:crypto'
import { parseArgs } from 'node:util'
import { bencode, encodeQuery, type Item, keyPairFromSeed, parseFrame, Raw, signItem, targetOf } from '@p2pmsg/protocol'
import { DhtLoad } from './load/dht-client.ts'
import type { ServerKind } from './load/dht-server.ts'
import { table } from './load/table.ts'

const HELP = `./p2pmsg bench dht [options]

--requests N  questions per kind (60000)
--puts N      signed items put (10000)
--rounds N    times that everything is measured; the best of each counts (3)
`
const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '60000' },
    puts: { type: 'string', default: '10000' },
    rounds: { type: 'string', default: '3' },
    help: { type: 'boolean', short: 'h' },
  },
})
const [REQUESTS, PUTS, ROUNDS] = [Number(values.requests), Number(values.puts), Number(values.rounds)]
/** Questions made beforehand and sent over and over; the asker is read-only, so that it is answered and not asked. */
const QUESTIONS = 256
const VALUE_BYTES = 900
const PEERS = 20
/** The other node is slower and gets less to do; it forgets all but its last 1,000 items. */
const OTHER_SHARE = 1 / 6
const OTHER_PUTS_MAX = 1000
/** What must be held: a share of the echo's rate, puts per CPU-second, bytes per item. */
const FLOORS = { find_node: 0.7, get_peers: 0.5, put: 8000, item: 1536 }
const ID = randomBytes(20)

const question = (method: string, args: Parameters<typeof encodeQuery>[2]) =>
  encodeQuery(randomBytes(4), method, { id: ID, ...args }, true)
const many = (make: () => Uint8Array) => {
  const made = Array.from({ length: QUESTIONS }, make)
  return (n: number) => made[n % QUESTIONS] as Uint8Array
}

async function tokenFor(load: DhtLoad, target: Uint8Array, n: number): Promise<Uint8Array> {
  const frame = parseFrame(await load.ask(question('get', { target }), n))
  const token = frame.ok && frame.value.kind === 'reply' ? frame.value.body.bytes('token') : undefined
  if (!token) throw new Error('no token came')
  return token
}

/** Signed items under as many targets, each with its token. */
async function makePuts(load: DhtLoad, count: number): Promise<Uint8Array[]> {
  const keys = keyPairFromSeed(randomBytes(32))
  const puts: Uint8Array[] = []
  for (let n = 0; n < count; n++) {
    const value = bencode(randomBytes(VALUE_BYTES - 4))
    const salt = Buffer.from(String(n))
    const item: Item = signItem(keys, { salt, seq: 1n, value })
    const token = await tokenFor(load, targetOf(item), n)
    puts.push(question('put', { k: item.key, salt, seq: 1n, sig: item.signature, token, v: new Raw(value) }))
  }
  return puts
}

/** Lets the askers' addresses be proved, and peers be known for the hashes that are asked for. */
async function announce(load: DhtLoad, hashes: readonly Uint8Array[]): Promise<void> {
  for (const hash of hashes) {
    for (let n = 0; n < PEERS; n++) {
      const token = await tokenFor(load, hash, n)
      await load.ask(question('announce_peer', { info_hash: hash, port: n + 1, token }), n)
    }
  }
}

type Kind = 'ping' | 'find_node' | 'get_peers' | 'put'
/** CPU microseconds of each kind of query, and bytes of memory that an item takes. */
type Costs = Record<Kind, number> & { itemBytes: number }

async function measureEcho(): Promise<number> {
  await using load = await DhtLoad.start('echo')
  const findNode = many(() => question('find_node', { target: randomBytes(20) }))
  await load.run(REQUESTS / 4, findNode)
  return await load.run(REQUESTS, findNode) // before the load is closed
}

async function measure(server: ServerKind, requests: number, count: number): Promise<Costs> {
  await using load = await DhtLoad.start(server)
  const hashes = Array.from({ length: 16 }, () => randomBytes(20))
  await announce(load, hashes)
  const findNode = many(() => question('find_node', { target: randomBytes(20) }))
  await load.run(Math.ceil(requests / 4), findNode)
  const ping = await load.run(
    requests,
    many(() => question('ping', {})),
  )
  const find_node = await load.run(requests, findNode)
  let turn = 0
  const get_peers = await load.run(
    requests,
    many(() => question('get_peers', { info_hash: hashes[turn++ % hashes.length] })),
  )
  const puts = await makePuts(load, count)
  const before = await load.usage()
  const put = await load.run(count, (n) => puts[n % count] as Uint8Array)
  const after = await load.usage()
  return { ping, find_node, get_peers, put, itemBytes: (after.heapBytes - before.heapBytes) / count }
}

if (values.help) process.stdout.write(HELP)
else {
  const rounds: { echo: number; ours: Costs; other: Costs }[] = []
  for (let i = 0; i < ROUNDS; i++) {
    const [echo, ours] = [await measureEcho(), await measure('node', REQUESTS, PUTS)]
    const fewer = Math.ceil(REQUESTS * OTHER_SHARE)
    rounds.push({ echo, ours, other: await measure('bittorrent-dht', fewer, Math.min(PUTS, OTHER_PUTS_MAX)) })
  }
  // The ratios within one round: what else the machine does slows all alike.
  const ratio = (kind: Kind) => Math.max(...rounds.map(({ echo, ours }) => echo / ours[kind]))
  const times = (kind: Kind) => Math.max(...rounds.map(({ other, ours }) => other[kind] / ours[kind]))
  const rate = (costs: readonly number[]) => Math.round(1e6 / Math.min(...costs))
  const itemBytes = Math.min(...rounds.map(({ ours }) => ours.itemBytes))
  const row = (kind: Kind, name: string, floor: string) => [
    name,
    rate(rounds.map(({ ours }) => ours[kind])),
    ratio(kind).toFixed(2),
    floor,
    rate(rounds.map(({ other }) => other[kind])),
    `${times(kind).toFixed(1)} ×`,
  ]
  const head = ['', 'per CPU-second', 'of the echo', 'floor', 'bittorrent-dht', 'ours to it']
  const lines = [
    ['dgram echo', rate(rounds.map(({ echo }) => echo)), '1.00', '', '', ''],
    row('ping', 'ping', ''),
    row('find_node', 'find_node', `≥ ${FLOORS.find_node}`),
    row('get_peers', 'get_peers', `≥ ${FLOORS.get_peers}`),
    row('put', 'signed put', `≥ ${FLOORS.put}/s`),
  ]
  process.stdout.write(table(head, lines))
  process.stdout.write(`\n${Math.round(itemBytes)} bytes of memory per item of ${VALUE_BYTES} (≤ ${FLOORS.item})\n`)
  const held =
    ratio('find_node') >= FLOORS.find_node &&
    ratio('get_peers') >= FLOORS.get_peers &&
    rate(rounds.map(({ ours }) => ours.put)) >= FLOORS.put &&
    itemBytes <= FLOORS.item
  process.exitCode = held ? 0 : 1
}
