import process from 'node:process'
import { parentPort } from 'node:worker_threads'
import { type Batch, verifyBatch } from '../src/batch.ts'

// The real thread, with a bug that ends it on one batch.
parentPort?.on('message', (batch: Batch) => {
  if (Buffer.from(batch.memory).includes('kill this thread')) process.exit(1)
  verifyBatch(batch)
  parentPort?.postMessage(true)
})
