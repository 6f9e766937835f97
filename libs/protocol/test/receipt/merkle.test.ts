import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toHex } from '../../src/bytes/bytes.ts'
import { buildTree, PATH_LENGTH_MAX, rootFromPath } from '../../src/receipt/merkle.ts'
import vectors from '../vectors/merkle.json' with { type: 'json' }

const leaves = (count: number) =>
  Array.from({ length: count }, (_, i) => createHash('sha256').update(`leaf ${i}`).digest())

/** RFC 6962 §2.1 word for word: splits at the largest power of two below n. */
function rootByDefinition(ids: readonly Uint8Array[]): Buffer {
  const hash = (...parts: Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest()
  if (ids.length === 1) return hash(Buffer.of(0), ids[0] as Uint8Array)
  let split = 1
  while (split * 2 < ids.length) split *= 2
  return hash(Buffer.of(1), rootByDefinition(ids.slice(0, split)), rootByDefinition(ids.slice(split)))
}

test.each(vectors.roots.map((root, i) => [i + 1, root] as const))('the reference tree of %i leaves', (count, root) => {
  const ids = vectors.inputs.slice(0, count).map((input) => Buffer.from(input, 'hex'))
  expect(toHex(buildTree(ids).root)).toBe(root)
})

describe('every tree from 1 to 64 leaves', () => {
  const sizes = Array.from({ length: 64 }, (_, i) => i + 1)
  test.each(sizes)(
    'of %i has the root of the definition, and each path leads there from its own place alone',
    (size) => {
      const ids = leaves(size)
      const tree = buildTree(ids)
      expect(toHex(tree.root)).toBe(rootByDefinition(ids).toString('hex'))
      ids.forEach((id, index) => {
        const path = tree.path(index)
        expect(path.length).toBeLessThanOrEqual(PATH_LENGTH_MAX)
        const rootAt = (at: number) => toHex(rootFromPath(id, at, size, path) ?? Buffer.of())
        expect(rootAt(index)).toBe(toHex(tree.root))
        for (const other of [index ^ 1, index ^ 2, index + 1, size - 1 - index]) {
          if (other !== index) expect(rootAt(other)).not.toBe(toHex(tree.root))
        }
      })
    },
  )
})

test('256 leaves have the longest path', () => {
  expect(buildTree(leaves(256)).path(255)).toHaveLength(PATH_LENGTH_MAX)
})

test('no leaves make no tree', () => {
  expect(() => buildTree([])).toThrow(RangeError)
})

test('a path that is longer, shorter or changed leads elsewhere or nowhere', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 64 }), fc.nat(), fc.nat(), fc.nat(255), (size, at, node, byte) => {
      const ids = leaves(size)
      const [index, tree] = [at % size, buildTree(ids)]
      const [id, path, root] = [ids[index] as Buffer, tree.path(index), toHex(tree.root)]
      const reached = (changed: readonly Uint8Array[]) => toHex(rootFromPath(id, index, size, changed) ?? Buffer.of())
      expect(reached([...path, Buffer.alloc(32)])).not.toBe(root)
      expect(reached(path.slice(0, -1))).not.toBe(root)
      const broken = path.map((one) => Buffer.from(one))
      const victim = broken[node % broken.length] as Buffer
      victim[byte % 32] = (victim[byte % 32] as number) ^ 1
      expect(reached(broken)).not.toBe(root)
      expect(rootFromPath(id, size, size, path)).toBeUndefined()
    }),
  )
})

test('a node cannot be passed off as a leaf', () => {
  const ids = leaves(4)
  const [first, second] = [buildTree(ids.slice(0, 2)).root, buildTree(ids.slice(2)).root]
  expect(toHex(buildTree([first, second]).root)).not.toBe(toHex(buildTree(ids).root))
})
