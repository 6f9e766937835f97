import { randomBytes } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Generations } from '../../src/edge/generations.ts'
import { PrefixBuckets } from '../../src/edge/prefix-buckets.ts'
import { RESERVE_BYTES_PER_SECOND, ReplyCap, UNPROVED_BYTES_PER_SECOND } from '../../src/edge/reply-cap.ts'
import { TokenBucket } from '../../src/edge/token-bucket.ts'
import { at } from '../support/an-edge.ts'

const NOW = 1_800_000_000_000

function taken(take: () => boolean, tries: number): number {
  let count = 0
  for (let i = 0; i < tries; i++) if (take()) count++
  return count
}

describe('token bucket', () => {
  test('lets a burst through, then its rate', () => {
    const bucket = new TokenBucket({ perSecond: 10, burst: 5 }, NOW)
    expect(taken(() => bucket.take(NOW), 20)).toBe(5)
    expect(bucket.waitMs(NOW)).toBeCloseTo(100)
    expect(taken(() => bucket.take(NOW + 300), 20)).toBe(3)
  })

  test('never more than burst and rate, whatever the clock does', () => {
    const steps = fc.array(fc.integer({ min: -1000, max: 1000 }), { maxLength: 200 })
    fc.assert(
      fc.property(steps, (passed) => {
        const bucket = new TokenBucket({ perSecond: 100, burst: 10 }, NOW)
        let [now, latest, count] = [NOW, NOW, 0]
        for (const ms of passed) {
          now += ms
          latest = Math.max(latest, now)
          count += taken(() => bucket.take(now), 15)
        }
        expect(count).toBeLessThanOrEqual(10 + (latest - NOW) / 10 + 1)
      }),
    )
  })
})

describe('prefix buckets', () => {
  test('one /24 and one /56 share a bucket: a burst of five seconds, then the rate', () => {
    const buckets = new PrefixBuckets(20, 1)
    expect(taken(() => buckets.take(at(`192.0.2.${Math.floor(Math.random() * 256)}`).ip, NOW), 300)).toBe(100)
    expect(taken(() => buckets.take(at('192.0.2.1').ip, NOW + 500), 300)).toBe(10)
    expect(taken(() => buckets.take(at('2001:db8:0:1::1').ip, NOW), 50)).toBe(50)
    expect(taken(() => buckets.take(at('2001:db8:0:ff::2').ip, NOW), 300)).toBe(50)
  })

  test('other prefixes are not touched', () => {
    const buckets = new PrefixBuckets(20, randomBytes(4).readInt32LE())
    taken(() => buckets.take(at('192.0.2.1').ip, NOW), 300)
    // two prefixes may meet in a slot; of a hundred neighbours next to none does
    const free = Array.from({ length: 100 }, (_, i) => buckets.take(at(`198.51.${i}.1`).ip, NOW))
    expect(free.filter(Boolean).length).toBeGreaterThan(95)
  })

  test('which prefixes meet depends on the seed', () => {
    const slots = (seed: number) => {
      const buckets = new PrefixBuckets(20, seed)
      taken(() => buckets.take(at('192.0.2.1').ip, NOW), 300)
      const shared: number[] = []
      for (let i = 0; i < 65_536; i++) {
        const ip = at('10.0.0.1').ip
        ip.set([i >> 16, (i >> 8) & 255, i & 255], 12)
        if (!buckets.take(ip, NOW)) shared.push(i)
      }
      return shared.slice(0, 1).concat(shared.length)
    }
    expect(slots(1)).not.toEqual(slots(2))
  })
})

test('generations hold between one and two times their limit, and what is used stays', () => {
  const map = new Generations<number>(100)
  map.set('used', -1)
  for (let i = 0; i < 10_000; i++) {
    map.set(`key ${i}`, i)
    expect(map.get('used')).toBe(-1)
    expect(map.get(`key ${i}`)).toBe(i)
    expect(map.size).toBeLessThanOrEqual(200)
  }
  expect(map.get('key 9901')).toBe(9901)
  expect(map.get('key 1')).toBeUndefined()
})

test('when the cap is used up, replies no longer than their request still pass, within their reserve', () => {
  const cap = new ReplyCap(NOW)
  expect(taken(() => cap.take(1024, 400, NOW), 1 << 15)).toBe(UNPROVED_BYTES_PER_SECOND / 1024)
  expect(cap.take(401, 400, NOW)).toBe(false)
  expect(taken(() => cap.take(400, 400, NOW), 1 << 15)).toBe(Math.floor(RESERVE_BYTES_PER_SECOND / 400))
  expect(cap.take(400, 400, NOW)).toBe(false)
  expect(cap.take(1024, 400, NOW + 1_000)).toBe(true)
})
