// Proves that what lies in an outbox is there after its process is gone, with the same bytes, for exactly one who claims it; on a
// real disk.
import { once } from 'node:events'
import { appendFile, mkdtemp, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { keyPairFromSeed } from '@p2pmsg/protocol'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Outbox, Sender, type Unsent } from '../../src/index.ts'
import { Peer } from '../support/peer.ts'

/** A process id that no system gives. */
const NOBODY = 4_194_305

let folder: string
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'p2pmsg-outbox-')), 'outbox')
})
afterEach(() => rm(join(folder, '..'), { recursive: true, force: true }))

const journals = async () => (await readdir(folder)).filter((name) => name.endsWith('.journal'))
const idOf = (n: number) => n.toString(16).padStart(64, '0')
const unsent = (n: number): Unsent => ({
  id: idOf(n),
  address: 'p2pmsg://somebody@127.0.0.1:1',
  message: Buffer.from(`message ${n}`),
  sinceMs: n,
})

/** What a process leaves that is killed: its journals, and nobody behind them. */
async function left(...messages: Unsent[]): Promise<string> {
  const outbox = await Outbox.open(folder)
  await Promise.all(messages.map((message) => outbox.add(message)))
  await outbox[Symbol.asyncDispose]()
  for (const name of await journals()) {
    const dead = name.replace(/^([^.]+)\.\d+\./, `$1.${NOBODY}.`).replace('.left', '')
    await rename(join(folder, name), join(folder, dead))
  }
  return join(folder, (await journals())[0] ?? '')
}

test('what has its end is gone, what has none is claimed with the bytes that it had, in its order', async () => {
  const messages = [3, 1, 2, 4].map(unsent)
  const before = await Outbox.open(folder)
  await Promise.all(messages.map((message) => before.add(message)))
  await before.end(unsent(2))
  await before[Symbol.asyncDispose]()
  await using after = await Outbox.open(folder)
  expect(await after.claim()).toEqual([1, 3, 4].map(unsent))
  await Promise.all([1, 3, 4].map((n) => after.end(unsent(n))))
  expect(await journals()).toEqual([])
})

test('of those who claim at once each message goes to one', async () => {
  await left(...Array.from({ length: 50 }, (_, i) => unsent(i)))
  await left(...Array.from({ length: 50 }, (_, i) => unsent(50 + i)))
  const outboxes = await Promise.all(Array.from({ length: 8 }, () => Outbox.open(folder)))
  const claims = await Promise.all(outboxes.map((outbox) => outbox.claim()))
  const ids = claims.flat().map(({ id }) => id)
  expect(ids.toSorted()).toEqual(Array.from({ length: 100 }, (_, i) => idOf(i)))
  for (const outbox of outboxes) await outbox[Symbol.asyncDispose]()
})

test('what a living process sends is listed and not taken from it', async () => {
  await using sending = await Outbox.open(folder)
  await sending.add(unsent(1))
  await using other = await Outbox.open(folder)
  expect(await other.claim()).toEqual([])
  expect(await other.list()).toEqual([{ ...unsent(1), owner: process.pid }])
})

test('what another thread of this process sends is not taken from it, until that lets go of it', async () => {
  const thread = new Worker(new URL('../support/outbox-thread.ts', import.meta.url), { workerData: { folder, n: 1 } })
  await once(thread, 'message')
  await using outbox = await Outbox.open(folder)
  expect(await outbox.claim()).toEqual([])
  expect(await outbox.list()).toMatchObject([{ id: idOf(1), owner: process.pid }])
  const ended = once(thread, 'exit')
  thread.postMessage('let go')
  await ended
  expect(await outbox.claim()).toMatchObject([{ id: idOf(1) }])
})

test('a machine of the same name whose processes are others, such as a container beside this one, keeps what it has', async () => {
  const file = await left(unsent(1))
  await rename(file, join(folder, basename(file).replace(/-[0-9a-f]{8}\./, '-00000000.')))
  await using outbox = await Outbox.open(folder)
  expect(await outbox.claim()).toEqual([])
  expect(await outbox.list()).toMatchObject([{ id: idOf(1), owner: 'elsewhere' }])
})

test('a process that began at another time than the owner of a journal is another', async () => {
  const file = await left(unsent(1))
  await rename(file, join(folder, basename(file).replace(/\.\d+\.\d+\./, `.${process.pid}.1.`)))
  await using outbox = await Outbox.open(folder)
  expect(await outbox.claim()).toEqual(process.platform === 'linux' ? [unsent(1)] : []) // elsewhere nobody says when it began
})

test('a message that is put there twice at once is on disk for both before either goes on', async () => {
  await using outbox = await Outbox.open(folder)
  const onDisk = async () => (await readFile(join(folder, (await journals())[0] ?? ''), 'utf8')).match(/"add"/g)
  const seen = await Promise.all([1, 2].map(() => outbox.add(unsent(1)).then(onDisk)))
  expect(seen).toMatchObject([{ length: 1 }, { length: 1 }])
})

test('what another machine has is listed, and taken only when that is asked for', async () => {
  const file = await left(unsent(1))
  await rename(file, join(folder, 'far-away.1.1.00000000.journal'))
  await using outbox = await Outbox.open(folder)
  expect(await outbox.claim()).toEqual([])
  expect(await outbox.list()).toMatchObject([{ id: idOf(1), owner: 'elsewhere' }])
  expect(await outbox.claim(true)).toEqual([unsent(1)])
})

test('a line that a crash has cut short, or a disk has spoilt, costs no other', async () => {
  const file = await left(unsent(1), unsent(2))
  await appendFile(file, `garbage\n{"end":"not an id"}\n{"end":"${idOf(2)}`)
  const first = await Outbox.open(folder)
  expect(await first.claim()).toEqual([1, 2].map(unsent))
  await first.end(unsent(1))
  await first[Symbol.asyncDispose]()
  await using second = await Outbox.open(folder)
  expect(await second.claim()).toEqual([unsent(2)])
})

test('after a line that is cut short receipts go on on a line of their own', async () => {
  await using peer = await Peer.start()
  const keep = async (n: number) => {
    await using outbox = await Outbox.open(folder)
    await outbox.end(unsent(n), peer.receipt([Buffer.from(idOf(n), 'hex')], 0))
  }
  await keep(1)
  await appendFile(join(folder, 'receipts.ndjson'), '{"type":"p2pmsg-rec')
  await keep(2)
  await using outbox = await Outbox.open(folder)
  expect((await outbox.receiptOf(idOf(1)))?.id).toBe(idOf(1))
  expect((await outbox.receiptOf(idOf(2)))?.id).toBe(idOf(2))
})

test('a message that is there already is not written again', async () => {
  const file = await left(unsent(1))
  await using outbox = await Outbox.open(folder)
  await outbox.claim()
  await outbox.add(unsent(1))
  const [name = ''] = await journals()
  expect(file).not.toContain(name)
  expect((await readFile(join(folder, name), 'utf8')).match(/"add"/g)).toHaveLength(1)
})

test('a folder that is full takes no more, and says what to do', async () => {
  await using outbox = await Outbox.open(folder)
  await writeFile(join(folder, `far-away.1.1.00000000.journal`), '')
  await truncate(join(folder, `far-away.1.1.00000000.journal`), 512 << 20)
  await expect(outbox.add(unsent(1))).rejects.toMatchObject({ code: 'outbox-full' })
  await rm(join(folder, `far-away.1.1.00000000.journal`))
  await outbox.add(unsent(1))
})

test('receipts are kept, and found by the id of the message', async () => {
  await using peer = await Peer.start()
  const receipt = peer.receipt([Buffer.from(idOf(7), 'hex')], 0)
  const first = await Outbox.open(folder)
  await first.add(unsent(7))
  await first.end(unsent(7), receipt)
  await first[Symbol.asyncDispose]()
  await using second = await Outbox.open(folder)
  expect(await second.receiptOf(idOf(7))).toMatchObject({ type: 'p2pmsg-receipt', id: idOf(7), durability: 'synced' })
  expect(await second.receiptOf(idOf(8))).toBeUndefined()
})

test('when it is closed before the end is written the result is told all the same, and nothing is opened again', async () => {
  await using peer = await Peer.start()
  const outbox = await Outbox.open(folder)
  const endpoint = { host: '127.0.0.1', port: peer.port }
  const address = { receiver: peer.receiverKeys.publicKey, endpoint, topic: '' }
  await using sender = await Sender.start({ keys: keyPairFromSeed(Buffer.alloc(32, 9)), address, outbox })
  peer.onMessage = (query, from) => {
    void outbox[Symbol.asyncDispose]().then(() => peer.reply(from, peer.accept(query, from)))
    return []
  }
  const result = await sender.send({ text: 'too late' })
  expect(result).toMatchObject({ stage: 'accepted', verified: true })
  expect(await readdir(folder)).toEqual([expect.stringMatching(/\.left\.journal$/)])
  await expect(sender.send({ text: 'and more' })).rejects.toMatchObject({ code: 'closed' })
  await using again = await Outbox.open(folder)
  expect(await again.claim()).toMatchObject([{ id: result.id }])
})
