import { expect, test } from 'vitest'
import { makeBatch } from '../src/batch.ts'
import { BatchLost, VerifyPool } from '../src/verify-pool.ts'
import { aMessage, forged } from './made.ts'

function counting() {
  const seen = { lost: 0, verified: 0 }
  const events = { threadLost: () => void seen.lost++, verified: () => void seen.verified++ }
  return { seen, events }
}

test('threads answer each batch with its own signatures', async () => {
  const { seen, events } = counting()
  await using pool = new VerifyPool({ threads: 2, events })
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, i) => {
      const message = aMessage({ text: `${i}` })
      return pool.verify(makeBatch(i % 2 === 0 ? [message, forged(message)] : [forged(message)]).batch)
    }),
  )
  expect(answers).toEqual(Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? [true, false] : [false])))
  expect(seen).toEqual({ lost: 0, verified: 20 })
})

test('no signatures need no thread', async () => {
  await using pool = new VerifyPool({ threads: 1, events: counting().events })
  expect(await pool.verify(makeBatch([]).batch)).toEqual([])
})

test('a thread that dies of a batch is replaced; the batch is lost after its second thread, the others are not', async () => {
  const { seen, events } = counting()
  const module = new URL('./fragile-verify-worker.ts', import.meta.url)
  await using pool = new VerifyPool({ threads: 2, events, module })
  const [fatal, before, after] = [
    aMessage({ text: 'kill this thread' }),
    aMessage({ text: 'a' }),
    aMessage({ text: 'b' }),
  ]
  const answers = [before, fatal, after].map((message) => pool.verify(makeBatch([message]).batch))
  await expect(answers[0]).resolves.toEqual([true])
  await expect(answers[1]).rejects.toThrow(BatchLost)
  await expect(answers[2]).resolves.toEqual([true])
  expect(seen).toEqual({ lost: 2, verified: 2 })
})

test('a closed pool loses what it is asked, and does not hang', async () => {
  const pool = new VerifyPool({ threads: 1, events: counting().events })
  await pool[Symbol.asyncDispose]()
  await expect(pool.verify(makeBatch([aMessage()]).batch)).rejects.toThrow(BatchLost)
})
