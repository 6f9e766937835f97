// Proves that a pipe is found by an address alone, and found again when the record names other routers.
import { formatAddress, type ServerPipe } from '@p2pmsg/protocol'
import { expect, test } from 'vitest'
import { ReceiverPipe } from '../../src/pipe/receiver-pipe.ts'
import { Peer } from '../support/peer.ts'
import { PipePeer } from '../support/pipe-peer.ts'

const addressOf = (peer: Peer) =>
  formatAddress({ receiver: peer.receiverKeys.publicKey, endpoint: { host: '127.0.0.1', port: peer.port }, topic: '' })

const refusing = (code: 'blocked' | 'expired') => ({
  onMessage: (pipe: ServerPipe, send: number, _message: Uint8Array, nowMs: number) =>
    pipe.answer(send, { stage: 'refused', code }, nowMs),
})

test('an address leads to the pipe that its record names, and after a drain to the one that a newer record names', async () => {
  await using peer = await Peer.start()
  await using first = await PipePeer.start(refusing('blocked'))
  await using second = await PipePeer.start(refusing('expired'))
  peer.pipePort = first.port
  await using pipe = await ReceiverPipe.open(addressOf(peer))
  const answer = () => new Promise((resolve) => pipe.socket.send(Buffer.of(1), resolve))
  expect(await answer()).toMatchObject({ code: 'blocked' })
  peer.pipePort = second.port
  first.drain()
  await expect.poll(() => peer.count('get')).toBe(2)
  expect(await answer()).toMatchObject({ code: 'expired' })
  expect(pipe.resolved.from?.port).toBe(peer.port)
})

test('a record without a pipe key leads nowhere, and says so', async () => {
  await using peer = await Peer.start()
  await expect(ReceiverPipe.open(addressOf(peer))).rejects.toMatchObject({ name: 'NoPipe', code: 'no-pipe' })
})
