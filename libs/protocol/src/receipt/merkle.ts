import { hash } from 'node:crypto'
import { HASH_BYTES } from '../limits.ts'

/**
 * RFC 6962 §2.1 trees over message ids: leaf = SHA-256(0x00 ‖ id), node = SHA-256(0x01 ‖ left ‖ right), and a list of n
 * splits at the largest power of two below n.
 */
export type Tree = Readonly<{
  root: Uint8Array
  /** @returns the audit path of leaf `index` (RFC 6962 §2.1.1), from the leaf's sibling upwards */
  path(index: number): Uint8Array[]
}>

/** A path is as long as the tree is high: 256 leaves at most. */
export const PATH_LENGTH_MAX = 8

/** @param ids at least one, in slot order */
export function buildTree(ids: readonly Uint8Array[]): Tree {
  // levels[0] = leaves; a level's odd last node rises unchanged, which gives the same tree as RFC 6962's split.
  const levels: Uint8Array[][] = [ids.map(leafHash)]
  for (let level = levels[0] as Uint8Array[]; level.length > 1; ) {
    const above: Uint8Array[] = []
    for (let i = 0; i < level.length; i += 2) {
      const [left, right] = [level[i] as Uint8Array, level[i + 1]]
      above.push(right ? nodeHash(left, right) : left)
    }
    levels.push(above)
    level = above
  }
  const root = levels.at(-1)?.[0]
  if (!root) throw new RangeError('a tree needs a leaf')
  return {
    root,
    path(index) {
      const path: Uint8Array[] = []
      for (const level of levels) {
        const sibling = level[index ^ 1]
        if (sibling) path.push(sibling)
        index >>= 1
      }
      return path
    },
  }
}

/**
 * The root that a leaf and its path lead to (RFC 9162 §2.1.3.2, which gives the algorithm for RFC 6962's trees).
 * @returns undefined when index, size and path do not fit each other
 */
export function rootFromPath(
  id: Uint8Array,
  index: number,
  size: number,
  path: readonly Uint8Array[],
): Uint8Array | undefined {
  if (index >= size) return undefined
  let [at, last] = [index, size - 1]
  let reached = leafHash(id)
  for (const sibling of path) {
    if (last === 0) return undefined
    if (at % 2 === 1 || at === last) {
      reached = nodeHash(sibling, reached)
      while (at % 2 === 0 && at !== 0) [at, last] = [at >> 1, last >> 1]
    } else {
      reached = nodeHash(reached, sibling)
    }
    at >>= 1
    last >>= 1
  }
  return last === 0 ? reached : undefined
}

function leafHash(id: Uint8Array): Uint8Array {
  const bytes = Buffer.allocUnsafe(1 + id.length)
  bytes[0] = 0
  bytes.set(id, 1)
  return hash('sha256', bytes, 'buffer') // one call: half the cost of an incremental hash
}

function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  const bytes = Buffer.allocUnsafe(1 + HASH_BYTES * 2)
  bytes[0] = 1
  bytes.set(left, 1)
  bytes.set(right, 1 + HASH_BYTES)
  return hash('sha256', bytes, 'buffer')
}
