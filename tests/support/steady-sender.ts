// A program of its own: sends one message after the other from one socket and prints the id of each receipt. Its address is the
// first argument. It ends when it is told to.
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Sender } from '@p2pmsg/client'
import { keyPairFromSeed } from '@p2pmsg/protocol'

const APART_MS = 100

const [address = ''] = process.argv.slice(2)
const stop = new AbortController()
process.on('SIGTERM', () => stop.abort())
await using sender = await Sender.start({ keys: keyPairFromSeed(randomBytes(32)), address })
for (let i = 0; !stop.signal.aborted; i++) {
  const { id } = await sender.send({ text: `steady ${i}` })
  process.stdout.write(`${id}\n`)
  await sleep(APART_MS)
}
