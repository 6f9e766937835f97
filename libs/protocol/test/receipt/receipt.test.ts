import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toHex } from '../../src/bytes/bytes.ts'
import {
  DELEGATION_BYTES,
  encodeDelegation,
  parseDelegation,
  signDelegation,
  verifyDelegation,
} from '../../src/receipt/delegation.ts'
import { buildTree } from '../../src/receipt/merkle.ts'
import {
  DURABILITY_CLASSES,
  encodeReceipt,
  parseReceipt,
  type Receipt,
  signStatement,
  verifyReceipt,
} from '../../src/receipt/receipt.ts'
import { AUTHOR, CLUSTER, plain, RECEIVER, runs } from '../made.ts'

const [FROM, UNTIL] = [1_700_000_000, 1_800_000_000] // Unix seconds
const ids = Array.from({ length: 5 }, (_, i) => Buffer.alloc(32, i))
const tree = buildTree(ids)

function aReceipt(index = 3, given: { time?: number; from?: number; until?: number } = {}): Receipt {
  const { time = FROM * 1000, from = FROM, until = UNTIL } = given
  const delegation = signDelegation(RECEIVER, { receiptKey: CLUSTER.publicKey, from, until })
  const statement = {
    streamSeq: 2 ** 40 + 7,
    partition: 3,
    treeSize: ids.length,
    root: tree.root,
    durability: 'synced' as const,
    time,
  }
  const signature = signStatement(CLUSTER, statement)
  return { statement, signature, delegation, id: ids[index] as Buffer, index, path: tree.path(index) }
}

describe('a receipt', () => {
  test.each([0, 1, 2, 3, 4])('of leaf %i verifies offline with the receiver alone, also from its bytes', (index) => {
    const receipt = aReceipt(index)
    const read = parseReceipt(encodeReceipt(receipt))
    if (!read.ok) throw new Error(read.fault)
    expect(plain(read.value)).toEqual(plain(receipt))
    expect(verifyReceipt(read.value, RECEIVER.publicKey, ids[index])).toMatchObject({ ok: true })
    expect(verifyReceipt(read.value, RECEIVER.publicKey)).toMatchObject({ ok: true })
  })

  const good = aReceipt()
  const statement = (change: object) => ({ ...good, statement: { ...good.statement, ...change } })
  const foreign = signDelegation(AUTHOR, { receiptKey: CLUSTER.publicKey, from: FROM, until: UNTIL })
  test.each<[string, Receipt, string]>([
    ['another message', { ...good, id: Buffer.alloc(32, 9) }, 'not-in-tree'],
    ['another place', { ...good, index: 2 }, 'not-in-tree'],
    ['a place outside of the tree', { ...good, index: 5 }, 'not-in-tree'],
    ['a path cut short', { ...good, path: good.path.slice(1) }, 'not-in-tree'],
    ['another root', statement({ root: Buffer.alloc(32) }), 'not-in-tree'],
    ['an empty tree', statement({ treeSize: 0 }), 'not-in-tree'],
    ['another sequence', statement({ streamSeq: 8 }), 'bad-signature'],
    ['another partition', statement({ partition: 4 }), 'bad-signature'],
    ['another time', statement({ time: FROM * 1000 + 1 }), 'bad-signature'],
    ['a better durability', statement({ durability: 'replicated' }), 'bad-signature'],
    ['a signature of the receiver', { ...good, signature: signStatement(RECEIVER, good.statement) }, 'bad-signature'],
    ['a signature of 63 bytes', { ...good, signature: good.signature.subarray(1) }, 'bad-signature'],
    ['a delegation by somebody else', { ...good, delegation: foreign }, 'bad-delegation'],
    [
      'a delegation that was stretched',
      { ...good, delegation: { ...good.delegation, until: UNTIL + 1 } },
      'bad-delegation',
    ],
  ])('with %s is refused', (_, receipt, fault) => {
    expect(verifyReceipt(receipt, RECEIVER.publicKey)).toEqual({ ok: false, fault })
  })

  test('is refused for another message or another receiver than the caller has', () => {
    expect(verifyReceipt(good, RECEIVER.publicKey, ids[2])).toEqual({ ok: false, fault: 'wrong-message' })
    expect(verifyReceipt(good, AUTHOR.publicKey)).toEqual({ ok: false, fault: 'bad-delegation' })
  })

  test.each([
    [FROM * 1000 - 1, false],
    [FROM * 1000, true],
    [UNTIL * 1000, true],
    [UNTIL * 1000 + 1, false],
  ])('signed at %i ms is inside of its delegation: %s', (time, inside) => {
    const verified = verifyReceipt(aReceipt(0, { time }), RECEIVER.publicKey)
    expect(verified).toMatchObject(inside ? { ok: true } : { ok: false, fault: 'outside-delegation' })
  })
})

describe('bytes', () => {
  const bytes = encodeReceipt(aReceipt())

  test('are 1 + 53 + 64 + 112 + 32 + 2 + 1 and 32 for each step of the path', () => {
    expect(bytes).toHaveLength(265 + aReceipt().path.length * 32)
    expect(toHex(bytes.subarray(0, 9))).toBe('010000010000000007')
  })

  test('cut anywhere, lengthened, of another version or an unknown durability are no receipt', () => {
    const bad = { ok: false, fault: 'bad-receipt' }
    for (let length = 0; length < bytes.length; length++) expect(parseReceipt(bytes.subarray(0, length))).toEqual(bad)
    expect(parseReceipt(Buffer.concat([bytes, Buffer.of(0)]))).toEqual(bad)
    expect(parseReceipt(Buffer.from(bytes).fill(2, 0, 1))).toEqual(bad)
    expect(parseReceipt(Buffer.from(bytes).fill(DURABILITY_CLASSES.length, 45, 46))).toEqual(bad)
  })

  test('with any byte changed are refused, unless none was', () => {
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const broken = Buffer.from(bytes)
        broken[at] = (broken[at] as number) ^ change
        const read = parseReceipt(broken)
        if (read.ok) expect(verifyReceipt(read.value, RECEIVER.publicKey, ids[3]).ok).toBe(false)
      }),
      { numRuns: runs(500, 10_000) },
    )
  })
})

describe('a delegation', () => {
  const delegation = signDelegation(RECEIVER, { receiptKey: CLUSTER.publicKey, from: FROM, until: UNTIL })

  test('comes back from its 112 bytes and is of its receiver alone', () => {
    const bytes = encodeDelegation(delegation)
    expect(bytes).toHaveLength(DELEGATION_BYTES)
    const read = parseDelegation(bytes)
    expect(read.ok && plain(read.value)).toEqual(plain(delegation))
    expect(verifyDelegation(delegation, RECEIVER.publicKey)).toBe(true)
    expect(verifyDelegation(delegation, AUTHOR.publicKey)).toBe(false)
    expect(verifyDelegation({ ...delegation, receiptKey: AUTHOR.publicKey }, RECEIVER.publicKey)).toBe(false)
    expect(verifyDelegation({ ...delegation, from: FROM - 1 }, RECEIVER.publicKey)).toBe(false)
  })

  test('of another length, or with a time that no clock shows, is none', () => {
    const bytes = encodeDelegation(delegation)
    for (const bad of [
      bytes.subarray(1),
      Buffer.concat([bytes, Buffer.of(0)]),
      Buffer.from(bytes).fill(0xff, 32, 40),
    ]) {
      expect(parseDelegation(bad)).toEqual({ ok: false, fault: 'bad-delegation' })
    }
  })
})
