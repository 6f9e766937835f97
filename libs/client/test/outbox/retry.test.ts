// Proves that what lies for one receiver is not held up by what lies for another.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeMessage, formatAddress, keyPairFromSeed, messageId, toHex } from '@p2pmsg/protocol'
import { expect, onTestFinished, test } from 'vitest'
import { composeMessage } from '../../src/compose.ts'
import type { Unsent } from '../../src/outbox/line.ts'
import { Outbox } from '../../src/outbox/outbox.ts'
import { retry } from '../../src/outbox/retry.ts'
import { Peer } from '../support/peer.ts'

const AUTHOR = keyPairFromSeed(Buffer.alloc(32, 9))

function unsentTo(peer: Peer, nth: number): Unsent {
  const endpoint = { host: '127.0.0.1', port: peer.port }
  return anUnsent(formatAddress({ receiver: peer.receiverKeys.publicKey, endpoint, topic: '' }), peer, nth)
}

function anUnsent(address: string, peer: Peer, nth: number): Unsent {
  const message = composeMessage({ text: `number ${nth}` }, AUTHOR, peer.receiverKeys.publicKey, BigInt(nth))
  return { id: toHex(messageId(message)), address, message: encodeMessage(message), sinceMs: nth }
}

async function anOutbox(messages: readonly Unsent[]): Promise<Outbox> {
  const folder = await mkdtemp(join(tmpdir(), 'p2pmsg-retry-'))
  const outbox = await Outbox.open(folder)
  onTestFinished(async () => {
    await outbox[Symbol.asyncDispose]()
    await rm(folder, { recursive: true })
  })
  for (const message of messages) await outbox.add(message)
  return outbox
}

test('a receiver whose routers are silent holds up no other', async () => {
  await using silent = await Peer.start()
  silent.onMessage = () => []
  await using peer = await Peer.start()
  const messages = [unsentTo(silent, 1), unsentTo(peer, 2)]
  const outbox = await anOutbox(messages)
  const enough = new AbortController()
  const sent: string[] = []
  const onSent = ({ id }: { id: string }) => {
    sent.push(id)
    enough.abort(new Error('enough'))
  }
  await expect(retry(outbox, messages, { signal: enough.signal, onSent })).rejects.toThrow('enough')
  expect(sent).toEqual([messages[1]?.id])
  expect(outbox.size).toBe(1)
})

test('what can be sent is, before it is told what cannot', async () => {
  await using peer = await Peer.start()
  const messages = [anUnsent('p2pmsg://damaged', peer, 1), unsentTo(peer, 2), unsentTo(peer, 3)]
  const outbox = await anOutbox(messages)
  const sent: string[] = []
  await expect(retry(outbox, messages, { onSent: ({ id }) => sent.push(id) })).rejects.toThrow('is no address')
  expect(sent.length).toBe(2)
  expect(outbox.size).toBe(1)
})
