import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { queuedPart } from '../../src/pipe/part-queue.ts'
import { INITIAL_WINDOW_BYTES, NewReno } from '../../src/pipe/recovery/new-reno.ts'
import { Pacer } from '../../src/pipe/recovery/pacer.ts'
import { Recovery } from '../../src/pipe/recovery/recovery.ts'
import { RoundTrip } from '../../src/pipe/recovery/round-trip.ts'

const FULL = 1200
const ack = (first: number, last: number, delayMs = 0) => ({ delayMs, ranges: [{ first, last }] })

test('the round trip is smoothed as RFC 9002 §5.3 has it', () => {
  const roundTrip = new RoundTrip()
  expect(roundTrip.probeTimeoutMs).toBe(333 + 4 * 166.5 + 25)
  roundTrip.measured(100, 10) // the first sample ignores the delay
  expect(roundTrip.smoothedMs).toBe(100)
  expect(roundTrip.probeTimeoutMs).toBe(100 + 4 * 50 + 25)
  roundTrip.measured(200, 20)
  expect(roundTrip.smoothedMs).toBe((7 / 8) * 100 + (1 / 8) * 180)
  expect(roundTrip.probeTimeoutMs).toBe(110 + 4 * ((3 / 4) * 50 + (1 / 4) * 80) + 25)
  const before = roundTrip.smoothedMs
  roundTrip.measured(105, 1000) // a delay that would bring the sample under the minimum is not taken off
  expect(roundTrip.smoothedMs).toBe((7 / 8) * before + (1 / 8) * 105)
})

test('slow start doubles, a loss halves, avoidance adds a datagram each window, and the minimum is two', () => {
  const reno = new NewReno()
  expect(reno.windowBytes).toBe(INITIAL_WINDOW_BYTES)
  reno.acknowledged(INITIAL_WINDOW_BYTES, 1, INITIAL_WINDOW_BYTES)
  expect(reno.windowBytes).toBe(2 * INITIAL_WINDOW_BYTES)
  reno.lost(5, 10)
  expect(reno.windowBytes).toBe(INITIAL_WINDOW_BYTES)
  reno.lost(9, 11) // sent before the recovery began: the same loss
  expect(reno.windowBytes).toBe(INITIAL_WINDOW_BYTES)
  reno.acknowledged(FULL, 10, INITIAL_WINDOW_BYTES) // likewise
  expect(reno.windowBytes).toBe(INITIAL_WINDOW_BYTES)
  reno.acknowledged(INITIAL_WINDOW_BYTES, 11, INITIAL_WINDOW_BYTES)
  expect(reno.windowBytes).toBe(INITIAL_WINDOW_BYTES + FULL)
  for (let i = 0; i < 10; i++) reno.lost(100 + i, 100 + i)
  expect(reno.windowBytes).toBe(2 * FULL)
})

test('a window that is not used does not grow', () => {
  const reno = new NewReno()
  reno.acknowledged(FULL, 1, FULL)
  expect(reno.windowBytes).toBe(INITIAL_WINDOW_BYTES)
})

test('the pacer lets an initial window go at once, then a window each round trip and a quarter more', () => {
  const pacer = new Pacer()
  let left = 0
  for (; pacer.mayLeave(24_000, 100, 1000); left += FULL) pacer.left(FULL)
  expect(left).toBe(INITIAL_WINDOW_BYTES)
  const nextMs = pacer.nextMs(24_000, 100)
  expect(nextMs).toBeCloseTo(1000 + FULL / 300)
  expect(pacer.mayLeave(24_000, 100, nextMs - 0.1)).toBe(false)
  expect(pacer.mayLeave(24_000, 100, nextMs + 0.1)).toBe(true)
})

/** Sends so many full frames now, each with one part, and returns the parts. */
function send(recovery: Recovery, from: number, count: number, nowMs: number) {
  return Array.from({ length: count }, (_, i) => {
    const part = queuedPart(Buffer.of(from + i), true)
    recovery.sent(from + i, [part], FULL, nowMs)
    return part
  })
}

test('three later frames acknowledged and one is lost; nine eighths of a round trip and so is one that was only overtaken', () => {
  const recovery = new Recovery()
  const parts = send(recovery, 0, 5, 1000)
  expect(recovery.acknowledged(ack(2, 4), 1100)).toEqual([parts[0], parts[1]])
  expect(recovery.inFlightBytes).toBe(0)
  const more = send(recovery, 5, 2, 1200)
  expect(recovery.acknowledged(ack(6, 6), 1300)).toEqual([])
  expect(recovery.deadline).toBeCloseTo(1200 + (9 / 8) * 100)
  expect(recovery.tick(1312)).toEqual([])
  expect(recovery.tick(1313)).toEqual([more[0]])
  expect(more[1]?.done).toBe(true)
  expect(recovery.counts.lost).toBe(3)
})

test('without an answer the oldest is sent again after a probe timeout, then after twice that, and the window lets it go', () => {
  const recovery = new Recovery()
  recovery.measured(100)
  const parts = send(recovery, 0, 10, 1000)
  expect(recovery.maySend(FULL, 1000)).toBe(false)
  expect(recovery.paceMs(FULL)).toBeUndefined() // it is the window that holds
  const pto = 100 + 4 * 50 + 25
  expect(recovery.deadline).toBe(1000 + pto)
  expect(recovery.tick(1000 + pto - 1)).toEqual([])
  expect(recovery.tick(1000 + pto)).toEqual([parts[0]])
  expect(recovery.maySend(FULL, 1000 + pto)).toBe(true)
  recovery.sent(10, [parts[0] as never], FULL, 1000 + pto)
  expect(recovery.deadline).toBe(1000 + pto + 2 * pto)
  recovery.acknowledged(ack(10, 10), 1400)
  expect(recovery.counts.probes).toBe(1)
  expect(parts[0]?.done).toBe(true)
})

test('everything lost for three probe timeouts is persistent congestion; with one acknowledged between it is not', () => {
  const lossOf = (acknowledgedBetween: boolean) => {
    const recovery = new Recovery()
    recovery.measured(100)
    send(recovery, 0, 1, 1000)
    send(recovery, 1, 1, 1500)
    send(recovery, 2, 1, 2500)
    send(recovery, 3, 5, 2600)
    if (acknowledgedBetween) recovery.acknowledged(ack(1, 1), 1600)
    recovery.acknowledged(ack(3, 7), 2700)
    return recovery
  }
  const persistent = lossOf(false)
  expect(persistent.counts).toEqual({ lost: 3, probes: 0, persistent: 1 })
  expect(persistent.windowBytes).toBe(2 * FULL)
  expect(lossOf(true).counts.persistent).toBe(0)
})

test('bytes in flight are those of frames neither acknowledged nor lost, whatever comes', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('send' as const), count: fc.integer({ min: 1, max: 5 }) }),
    fc.record({ kind: fc.constant('ack' as const), first: fc.nat(60), length: fc.nat(5) }),
    fc.record({ kind: fc.constant('tick' as const), ms: fc.nat(2000) }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const recovery = new Recovery()
      let [next, nowMs] = [0, 1000]
      for (const each of steps) {
        if (each.kind === 'send') {
          send(recovery, next, each.count, nowMs)
          next += each.count
        } else if (each.kind === 'tick') {
          nowMs += each.ms
          recovery.tick(nowMs)
        } else if (each.first + each.length < next)
          recovery.acknowledged(ack(each.first, each.first + each.length), nowMs)
        expect(recovery.inFlightBytes % FULL).toBe(0)
        expect(recovery.inFlightBytes).toBeGreaterThanOrEqual(0)
        expect(recovery.windowBytes).toBeGreaterThanOrEqual(2 * FULL)
        expect(recovery.deadline === undefined).toBe(recovery.inFlightBytes === 0)
      }
      if (next > 0) recovery.acknowledged(ack(0, next - 1), nowMs)
      expect(recovery.inFlightBytes).toBe(0)
    }),
  )
})
