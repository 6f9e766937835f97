/**
 * The process that `bench/dht.ts` measures: a plain echo, a Kademlia node over the driver that the router uses, or WebTorrent's node
 * to compare with. Says its port when it is ready, and its CPU time when asked.
 */

import { randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { bencode, encodeQuery, KademliaNode, parseFrame, parseIp, Tokens, verify } from '@p2pmsg/protocol'
import { Driver } from '@p2pmsg/udp'
import { Client } from 'bittorrent-dht'

export type ServerKind = 'echo' | 'node' | 'bittorrent-dht'
export type ServerReport = Readonly<{ port: number }> | Readonly<{ cpuMicros: number; heapBytes: number }>

const CONTACTS = 2000
const SOCKET_BUFFER_BYTES = 4 << 20

function echo(): Promise<number> {
  const socket = createSocket({ type: 'udp4', lookup: (host, _options, done) => done(null, host, 4) })
  socket.on('message', (bytes, from) => socket.send(bytes, from.port, from.address))
  return new Promise((resolve) => {
    socket.bind(0, '127.0.0.1', () => {
      socket.setRecvBufferSize(SOCKET_BUFFER_BYTES)
      resolve(socket.address().port)
    })
  })
}

/** A node whose table is as full as a long time in a large network makes it. Its contacts are loopback addresses that nobody has. */
async function node(): Promise<number> {
  const machine = new KademliaNode({
    id: randomBytes(20),
    tokens: new Tokens([randomBytes(32)]),
    random: (count) => randomBytes(count),
    nowMs: Date.now(),
  })
  for (let n = 0; n < CONTACTS; n++) {
    const [id, ip] = [randomBytes(20), parseIp(`127.${100 + (n >> 8)}.${n & 255}.1`)]
    if (!ip) continue
    const from = { ip, port: 9 }
    for (const { bytes } of machine.receive(encodeQuery(randomBytes(4), 'ping', { id }), from, Date.now())) {
      const frame = parseFrame(bytes)
      if (!frame.ok || frame.value.kind !== 'query') continue
      machine.receive(bencode({ t: frame.value.t, y: 'r', r: { id } }), from, Date.now())
    }
  }
  const driver = await Driver.start(machine, { host: '127.0.0.1', port: 0 })
  return driver.port
}

async function other(): Promise<number> {
  const client = new Client({ bootstrap: false, verify: (signature, bytes, key) => verify(signature, bytes, key) })
  await new Promise<void>((listening) => client.listen(0, '127.0.0.1', listening))
  for (let n = 0; n < CONTACTS; n++) {
    client.addNode({ id: randomBytes(20), host: `127.${100 + (n >> 8)}.${n & 255}.1`, port: 9 })
  }
  return client.address().port
}

const SERVERS: Readonly<Record<ServerKind, () => Promise<number>>> = { echo, node, 'bittorrent-dht': other }

const say = (report: ServerReport) => process.send?.(report)
process.on('message', () => {
  globalThis.gc?.()
  const { user, system } = process.cpuUsage()
  const { heapUsed, external } = process.memoryUsage()
  say({ cpuMicros: user + system, heapBytes: heapUsed + external })
})
process.on('disconnect', () => process.exit(0))
say({ port: await SERVERS[process.argv[2] as ServerKind]() })
