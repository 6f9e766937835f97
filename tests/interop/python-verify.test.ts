// Proves that the independent verifier in examples/ and ours agree about every receipt: good ones of all tree sizes, and all that
// differ from a good one in a bit.

import { randomBytes } from 'node:crypto'
import {
  buildTree,
  encodeReceipt,
  parseReceipt,
  signDelegation,
  signStatement,
  toHex,
  toZBase32,
  verifyReceipt,
} from '@p2pmsg/protocol'
import { expect, test } from 'vitest'
import { aKeyPair, thisHour } from '../support/messages.ts'
import { aPython, PYTHON_MS_MAX } from '../support/python.ts'

const receiver = aKeyPair()
const receiptKeys = aKeyPair()
const delegation = signDelegation(receiver, { receiptKey: receiptKeys.publicKey, ...thisHour() })

function receipts(treeSize: number, time = Date.now()): Uint8Array[] {
  const ids = Array.from({ length: treeSize }, () => randomBytes(32))
  const tree = buildTree(ids)
  const statement = { streamSeq: 77, partition: 3, treeSize, root: tree.root, durability: 'synced' as const, time }
  const signature = signStatement(receiptKeys, statement)
  return ids.map((id, index) => encodeReceipt({ statement, signature, delegation, id, index, path: tree.path(index) }))
}

function withBitFlipped(bytes: Uint8Array, bit: number): Uint8Array {
  const flipped = Uint8Array.from(bytes)
  flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7))
  return flipped
}

function ourVerdict(bytes: Uint8Array): string {
  const receipt = parseReceipt(bytes)
  return receipt.ok && verifyReceipt(receipt.value, receiver.publicKey).ok ? toHex(receipt.value.id) : 'no'
}

/** Reads the receiver's address and receipts in hex, a line each; answers each with the id that is proved, or `no`. */
const PROGRAM = `
import struct, sys
from verify_receipt import key_of, verify
receiver, *receipts = sys.stdin.read().split()
for receipt in receipts:
    try:
        print(verify(bytes.fromhex(receipt), key_of(receiver))[0])
    except (ValueError, struct.error, IndexError):
        print('no')
`

test(
  'the Python verifier agrees with ours about good receipts and about every flipped bit',
  async ({ skip }) => {
    const python = await aPython()
    if (typeof python === 'string') return skip(python)
    const sizes = [1, 2, 3, 4, 5, 7, 8, 9, 31, 33, 64]
    const good = sizes.flatMap((size) => receipts(size))
    const sample = receipts(5).at(-1) ?? new Uint8Array(0)
    const flipped = Array.from({ length: sample.length * 8 }, (_, bit) => withBitFlipped(sample, bit))
    const cut = [sample.subarray(0, -1), Buffer.concat([sample, Buffer.of(0)]), new Uint8Array(0)]
    const late = receipts(2, Date.now() + 7_200_000)
    const given = [...good, ...flipped, ...cut, ...late]
    const lines = [`p2pmsg://${toZBase32(receiver.publicKey)}`, ...given.map(toHex)].filter((line) => line !== '')
    const ran = await python(['-c', PROGRAM], lines.join('\n'))
    expect(ran).toMatchObject({ code: 0, stderr: '' })
    const theirs = ran.stdout.trim().split('\n')
    expect(theirs).toEqual(given.filter((bytes) => bytes.length > 0).map(ourVerdict))
    expect(theirs.filter((verdict) => verdict !== 'no')).toHaveLength(good.length)
  },
  PYTHON_MS_MAX,
)
