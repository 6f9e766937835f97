import * as fc from 'fast-check'
import { DIALECTS, type Envelope } from '../src/bus/envelope.ts'
import type { PackId } from '../src/bus/pack.ts'
import { REFUSAL_CODES } from '../src/codes.ts'
import { keyPairFromSeed } from '../src/message/signature.ts'

/** How often a property is tried: more when P2PMSG_LONG asks for it. */
export function runs(usual: number, long: number): number {
  return process.env.P2PMSG_LONG ? long : usual
}

export const AUTHOR = keyPairFromSeed(Buffer.alloc(32, 1))
export const RECEIVER = keyPairFromSeed(Buffer.alloc(32, 2))
export const CLUSTER = keyPairFromSeed(Buffer.alloc(32, 3))

export const bytesOf = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
export const id = bytesOf(32)
export const safe = fc.maxSafeNat()
export const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
export const u16 = fc.integer({ min: 0, max: 65_535 })
export const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 })
export const packIndex = fc.integer({ min: 0, max: 63 })
export const code = fc.constantFrom(...REFUSAL_CODES)
/** What PostgreSQL, XML and JSON can all hold: no U+0000, no lone surrogate. */
export const text = fc.string({ unit: 'grapheme', maxLength: 20 }).filter((value) => !value.includes('\0'))

export const packId: fc.Arbitrary<PackId> = fc.record({ incarnation: bytesOf(8), counter: safe })
export const envelope: fc.Arbitrary<Envelope> = fc.record({
  receivedMs: safe,
  dialect: fc.constantFrom(...DIALECTS),
  payload: fc.uint8Array({ maxLength: 100 }),
})

/** One value on the wire and back is the same value, whether its bytes are a Buffer or not. */
export function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, plain(member)]))
}
