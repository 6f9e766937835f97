import { expect, test } from 'vitest'
import { QueueFull } from '../src/index.ts'
import { Slots } from '../src/slots.ts'

test('turns come in the order of asking', async () => {
  const slots = new Slots(1, 10)
  const order: number[] = []
  await slots.take()
  const waiting = [1, 2, 3].map(async (n) => {
    await slots.take()
    order.push(n)
    slots.give()
  })
  expect(order).toEqual([])
  slots.give()
  await Promise.all(waiting)
  expect(order).toEqual([1, 2, 3])
})

test('who leaves the queue takes no turn', async () => {
  const slots = new Slots(1, 10)
  await slots.take()
  const impatient = new AbortController()
  const left = slots.take(impatient.signal)
  const stayed = slots.take()
  impatient.abort(new Error('gone'))
  await expect(left).rejects.toThrow('gone')
  slots.give()
  await stayed
})

test('a full queue turns the next away, and says how many', () => {
  const slots = new Slots(1, 1)
  void slots.take()
  void slots.take()
  expect(() => slots.take()).toThrow(QueueFull)
  expect(slots.rejected).toBe(1)
})
