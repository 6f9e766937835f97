// Proves that libtorrent, the most used node of the Mainline DHT, and our router are nodes of one network: each stores what the other
// puts, with and without salt, names the peers that announced themselves to the other, and refuses what is stale.
import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { bencode, parseCompactAddress, Raw, recordTarget, signItem, targetOf, toHex } from '@p2pmsg/protocol'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Router } from '../../services/router/src/router.ts'
import { KrpcPeer } from '../support/krpc-peer.ts'
import { Libtorrent, libtorrentMissing } from '../support/libtorrent.ts'
import { aKeyPair } from '../support/messages.ts'
import { RouterBench } from '../support/router-bench.ts'

const PAD = Buffer.alloc(400)
const SEED_BYTES = 32

const missing = await libtorrentMissing()
if (missing) test.skipIf(missing)(`libtorrent: not run, ${missing}`, () => undefined)
else
  describe('libtorrent', () => {
    let bench: RouterBench
    let router: Router
    let peer: KrpcPeer
    let [writer, reader]: Libtorrent[] = []

    beforeAll(async () => {
      bench = await RouterBench.start()
      router = await bench.router()
      peer = await bench.peer(router, '127.31.1.1')
      const bootstrap = `127.0.0.1:${router.udpPort}`
      writer = new Libtorrent('127.32.1.1', bootstrap)
      reader = new Libtorrent('127.33.1.1', bootstrap)
      for (const session of [writer, reader]) expect((await session.do('ready')).error).toBeUndefined()
    })
    afterAll(async () => {
      await Promise.all([writer?.[Symbol.asyncDispose](), reader?.[Symbol.asyncDispose]()])
      await bench?.[Symbol.asyncDispose]()
    })

    const stored = async (target: Uint8Array) => {
      const answer = await peer.ask('get', { target, pad: PAD })
      const value = answer.kind === 'reply' ? answer.body.raw('v') : undefined
      return value && Buffer.from(value).toString()
    }

    test('what it puts, by hash or signed, with and without salt, is stored here, and another session reads it', async () => {
      const { target, stored: nodes } = (await writer?.do('put-immutable', { value: 'by its hash' })) ?? {}
      expect(nodes).toBeGreaterThanOrEqual(1)
      expect(await stored(Buffer.from(String(target), 'hex'))).toBe('11:by its hash')
      expect(await reader?.do('get-immutable', { target: String(target) })).toEqual({ value: 'by its hash' })
      const keys = aKeyPair()
      const key = toHex(keys.publicKey)
      const seed = toHex(keys.secretKey.subarray(0, SEED_BYTES))
      for (const salt of ['', 'a salt']) {
        for (const [i, value] of ['first', 'second'].entries()) {
          expect(await writer?.do('put-mutable', { seed, key, value, salt })).not.toHaveProperty('error')
          const target = targetOf({
            key: keys.publicKey,
            salt: Buffer.from(salt),
            seq: 0n,
            value: PAD,
            signature: PAD,
          })
          expect(await stored(target)).toBe(`${value.length}:${value}`)
          expect(await reader?.do('get-mutable', { key, salt })).toEqual({ value, seq: i + 1 })
        }
      }
    })

    test('what others put here it reads', async () => {
      const keys = aKeyPair()
      for (const salt of ['', 'other salt']) {
        const value = bencode(Buffer.from('ours'))
        const item = signItem(keys, { salt: Buffer.from(salt), seq: 41n, value })
        const token = await peer.token(targetOf(item))
        const { key: k, seq, signature: sig } = item
        const args = { k, seq, sig, token, v: new Raw(value) }
        expect((await peer.ask('put', salt ? { ...args, salt: item.salt } : args)).kind).toBe('reply')
        expect(await reader?.do('get-mutable', { key: toHex(k), salt })).toEqual({ value: 'ours', seq: 41 })
      }
    })

    test('its announcement is told to others, and theirs to it', async () => {
      const infoHash = randomBytes(20)
      const hash = toHex(infoHash)
      const { port } = (await writer?.do('announce', { hash, folder: tmpdir() })) ?? {}
      const peers = async () => {
        const answer = await peer.ask('get_peers', { info_hash: infoHash, pad: PAD })
        const values = (answer.kind === 'reply' && answer.body.list('values')) || []
        return values.map((value) => value instanceof Uint8Array && parseCompactAddress(value)?.port)
      }
      await expect.poll(peers, { timeout: 20_000 }).toEqual([port])
      const asked = await peer.ask('get_peers', { info_hash: infoHash, pad: PAD })
      const token = asked.kind === 'reply' ? asked.body.bytes('token') : undefined
      await peer.ask('announce_peer', { info_hash: infoHash, port: 4_343, token: token as Uint8Array })
      const found = (await reader?.do('get-peers', { hash }))?.peers ?? []
      expect(found.toSorted()).toEqual([`127.31.1.1:4343`, `127.32.1.1:${port}`])
    })

    test('a router that joins through it publishes the records of its receivers there', async () => {
      await using session = new Libtorrent('127.0.0.1', `127.0.0.1:${router.udpPort}`)
      const { port } = await session.do('ready')
      if (!port) throw new Error('no port')
      const receiver = await bench.receiver()
      await using joined = await bench.router({ bootstrap: [{ host: '127.0.0.1', port }] })
      await using asker = await KrpcPeer.to(port, '127.34.1.1')
      const held = async () => {
        const answer = await asker.ask('get', { target: recordTarget(receiver.publicKey) })
        return answer.kind === 'reply' && answer.body.bytes('k')
      }
      await expect.poll(held, { timeout: 30_000 }).toEqual(receiver.publicKey)
      expect(joined.udpPort).not.toBe(port)
    })
  })
