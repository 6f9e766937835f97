import { type FeedAnswer, type FeedQuestion, type Row, toHex } from '@p2pmsg/protocol'
import { describe, expect, test } from 'vitest'
import { ThreadQuestions, threadOf } from '../../src/feed/thread.ts'
import { aRow, RECEIVED_MS, RECEIVER } from '../rows.ts'

const receiver = RECEIVER.publicKey
const root = aRow(1n, { text: 'root' })
const replies = Array.from({ length: 20 }, (_, i) => aRow(BigInt(i + 2), { text: `${i}`, replyTo: root.id }))
const names = { of: () => Promise.resolve(new Map<string, string>()) }

function answerTo({ replyTo }: FeedQuestion): FeedAnswer {
  const rows: readonly Row[] = replyTo && toHex(replyTo) === toHex(root.id) ? replies : []
  return { rows, more: false, reached: undefined, applied: 100n, revision: 1n }
}

/** A store that answers when it is told to. */
class Slow {
  asked = 0
  readonly #waiting: (() => void)[] = []

  feed(question: FeedQuestion): Promise<FeedAnswer> {
    this.asked++
    return new Promise((resolve) => this.#waiting.push(() => resolve(answerTo(question))))
  }

  get inFlight(): number {
    return this.#waiting.length
  }

  async answerAll(): Promise<void> {
    for (const answer of this.#waiting.splice(0)) answer()
    await new Promise((resolve) => setImmediate(resolve))
  }
}

function aThread(questions: ThreadQuestions, pay: (count: number) => void = () => undefined) {
  return threadOf({ questions, names, now: () => RECEIVED_MS, pay }, receiver, root.id)
}

describe('a thread', () => {
  test('is paid for before it is asked for: each reply whose replies are looked for', async () => {
    const paid: number[] = []
    const questions = new ThreadQuestions({ feed: (question) => Promise.resolve(answerTo(question)) })
    const thread = await aThread(questions, (count) => paid.push(count))
    expect(thread.replies).toHaveLength(20)
    expect(paid).toEqual([20])
  })

  test('that cannot be paid for asks no more', async () => {
    let asked = 0
    const questions = new ThreadQuestions({
      feed: (question) => {
        asked++
        return Promise.resolve(answerTo(question))
      },
    })
    const refuse = () => {
      throw new Error('not now')
    }
    await expect(aThread(questions, refuse)).rejects.toThrow('not now')
    expect(asked).toBe(1)
  })

  test('waits for its turn, so that all threads together leave room for other readers', async () => {
    const store = new Slow()
    const questions = new ThreadQuestions(store)
    const threads = Promise.all(Array.from({ length: 30 }, () => aThread(questions)))
    let most = 0
    for (let turn = 0; turn < 200 && store.asked < 30 * 21; turn++) {
      most = Math.max(most, store.inFlight)
      await store.answerAll()
    }
    await store.answerAll()
    for (const { replies: shown } of await threads) expect(shown).toHaveLength(20)
    expect(most).toBe(64)
  })

  test('is turned away where too many wait already', async () => {
    const store = new Slow()
    const questions = new ThreadQuestions(store)
    const threads = Promise.allSettled(Array.from({ length: 64 + 1_024 }, () => aThread(questions)))
    await expect(aThread(questions)).rejects.toMatchObject({ problem: { code: 'busy' } })
    while (store.inFlight > 0) await store.answerAll()
    await threads
  })
})
