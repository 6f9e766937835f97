// Proves that aria2, a download program with a DHT node of its own, and our router are nodes of one network: one aria2 announces a
// file to the router, another finds it by the router's word alone and gets the file.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { formatIp, parseCompactAddress } from '@p2pmsg/protocol'
import { expect, test } from 'vitest'
import { Aria2, aria2Missing, aTorrent } from '../support/aria2.ts'
import { RouterBench } from '../support/router-bench.ts'

const PAD = Buffer.alloc(400)

test('what one aria2 announces to the router, another finds by it', async ({ skip }) => {
  const missing = await aria2Missing()
  if (missing) return skip(missing)
  await using bench = await RouterBench.start()
  const router = await bench.router()
  const entry = `127.0.0.1:${router.udpPort}`
  const torrent = aTorrent()
  await using _seeder = await Aria2.start('127.51.1.1', entry, torrent)
  const peer = await bench.peer(router, '127.53.1.1')
  const announced = async () => {
    const answer = await peer.ask('get_peers', { info_hash: torrent.infoHash, pad: PAD })
    const values = (answer.kind === 'reply' && answer.body.list('values')) || []
    const found = values.map((value) => (value instanceof Uint8Array ? parseCompactAddress(value) : undefined))
    return found.map((address) => address && formatIp(address.ip))
  }
  await expect.poll(announced, { timeout: 45_000 }).toEqual(['127.51.1.1'])
  await using leecher = await Aria2.start('127.52.1.1', entry, torrent.infoHash)
  const gotten = () => readFile(join(leecher.folder, torrent.name)).catch(() => undefined)
  await expect.poll(gotten, { timeout: 45_000 }).toEqual(Buffer.from(torrent.content))
}, 100_000)
