import { parentPort } from 'node:worker_threads'
import { type Batch, verifyBatch } from './batch.ts'

// One thread of the pool: a batch comes in, its verdicts are in the shared memory when the answer goes out.
parentPort?.on('message', (batch: Batch) => {
  verifyBatch(batch)
  parentPort?.postMessage(true)
})
