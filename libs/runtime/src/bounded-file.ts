import { closeSync, openSync, readSync } from 'node:fs'

/**
 * What a file holds, as UTF-8; undefined if that is more than `bytesMax`. The size that a file claims is not asked: a pipe has none.
 * @throws {Error} of node:fs
 */
export function readBounded(path: string, bytesMax: number): string | undefined {
  const file = openSync(path, 'r')
  try {
    const bytes = Buffer.alloc(bytesMax + 1)
    let length = 0
    for (;;) {
      const read = readSync(file, bytes, length, bytes.length - length, null)
      length += read
      if (length > bytesMax) return undefined
      if (read === 0) return bytes.toString('utf8', 0, length)
    }
  } finally {
    closeSync(file)
  }
}
