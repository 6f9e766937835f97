// A thread that has a message in its outbox until it is told to let go of it.
import { once } from 'node:events'
import { parentPort, workerData } from 'node:worker_threads'
import { Outbox } from '../../src/index.ts'

const { folder, n } = workerData as { folder: string; n: number }
{
  await using outbox = await Outbox.open(folder)
  const id = n.toString(16).padStart(64, '0')
  await outbox.add({ id, address: 'p2pmsg://somebody@127.0.0.1:1', message: Buffer.from('a message'), sinceMs: n })
  parentPort?.postMessage('there')
  if (parentPort) await once(parentPort, 'message')
}
