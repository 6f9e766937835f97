// Proves that what ends its judge is found, refused alone, and never looked at again; the process that is ended is a real one.
import { EDGE_STREAM } from '@p2pmsg/protocol'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CRASHING, ENDLESS } from '../support/fragile-words.ts'
import { acceptedIn, codesOf, IngestBench } from '../support/ingest-bench.ts'
import { aKeyPair, aMessage } from '../support/messages.ts'

let bench: IngestBench

beforeAll(async () => {
  bench = await IngestBench.start()
})

afterAll(() => bench[Symbol.asyncDispose]())

test('a pack that ended two judges is judged envelope by envelope: those that end the third are poison, the rest go on', async () => {
  const receiver = await bench.receiver()
  const author = aKeyPair()
  const say = (text: string) => aMessage(author, receiver.publicKey, { text })
  const pack = bench.pack([
    say('first'),
    say(CRASHING),
    say('between'),
    say(ENDLESS),
    Buffer.from('nonsense'),
    say('last'),
  ])
  await bench.abandon(pack, 2)
  // when an ingest takes it for the third time
  await using ingest = await bench.ingest({ rehearsal: new URL('../support/fragile-rehearsal.ts', import.meta.url) })
  const told = await bench.verdictsOf(pack)
  // then
  expect(codesOf(told)).toEqual([
    [1, 'poison'],
    [3, 'poison'],
    [4, 'malformed'],
  ])
  expect(acceptedIn(told)).toEqual([0, 2, 5])
  await expect.poll(() => bench.count(EDGE_STREAM)).toBe(0)
  await ingest.drain()
})

test('a third delivery without poison is judged as any other', async () => {
  const receiver = await bench.receiver()
  const pack = bench.pack([aMessage(aKeyPair(), receiver.publicKey, { text: 'unlucky' })])
  await bench.abandon(pack, 2)
  await using ingest = await bench.ingest()
  expect(acceptedIn(await bench.verdictsOf(pack))).toEqual([0])
  await ingest.drain()
})
