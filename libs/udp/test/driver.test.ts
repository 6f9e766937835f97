import { type Machine, type Outgoing, parseIp, type UdpAddress } from '@p2pmsg/protocol'
import { expect, test } from 'vitest'
import { steadyClock } from '../src/clock.ts'
import { Driver } from '../src/driver.ts'

/** Sends its question again until it is answered; answers every question. */
class Asker implements Machine {
  readonly answered: Promise<string>
  #resolve: (text: string) => void = () => undefined
  #asking: { to: UdpAddress; next: number } | undefined
  asked = 0

  constructor() {
    this.answered = new Promise((resolve) => (this.#resolve = resolve))
  }

  ask(to: UdpAddress, nowMs: number): readonly Outgoing[] {
    this.#asking = { to, next: nowMs }
    return this.tick(nowMs)
  }

  receive(bytes: Uint8Array, from: UdpAddress): readonly Outgoing[] {
    const text = Buffer.from(bytes).toString()
    // Two questions go unanswered, so that only a timer can bring the third.
    if (text.startsWith('?')) return text === '?3' ? [{ to: from, bytes: Buffer.from(`answer to ${text}`) }] : []
    this.#asking = undefined
    this.#resolve(text)
    return []
  }

  tick(nowMs: number): readonly Outgoing[] {
    if (!this.#asking || nowMs < this.#asking.next) return []
    this.#asking.next = nowMs + 5
    return [{ to: this.#asking.to, bytes: Buffer.from(`?${++this.asked}`) }]
  }

  get deadline(): number | undefined {
    return this.#asking?.next
  }
}

test('a machine gets datagrams and time, and its datagrams get out', async () => {
  const [a, b] = [new Asker(), new Asker()]
  await using left = await Driver.start(a, { host: '127.0.0.1', port: 0 })
  await using right = await Driver.start(b, { host: '127.0.0.1', port: 0 })
  left.send(a.ask({ ip: parseIp('127.0.0.1') as Uint8Array, port: right.port }, left.now()))
  expect(await a.answered).toBe('answer to ?3')
})

test('time never goes back', () => {
  const now = steadyClock()
  let last = now()
  for (let i = 0; i < 10_000; i++) {
    const next = now()
    expect(next).toBeGreaterThanOrEqual(last)
    last = next
  }
})
