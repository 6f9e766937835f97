// Proves that whoever appends gets on disk, also who does so in the very turn in which the one before him was done.
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { AppendFile } from '../../src/outbox/append-file.ts'

test('lines of several who append one after the other are all there, each in its order', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'p2pmsg-append-'))
  try {
    const path = join(folder, 'lines')
    {
      await using file = await AppendFile.open(path)
      const writer = async (name: string, left: number): Promise<void> => {
        await file.append(`${name}${left}\n`)
        if (left > 0) await writer(name, left - 1)
      }
      await Promise.all(['a', 'b', 'c'].map((name, i) => writer(name, 5 * i)))
      expect(file.bytes).toBe((await readFile(path)).length)
    }
    const lines = (await readFile(path, 'utf8')).trim().split('\n')
    const of = (name: string) => lines.filter((line) => line.startsWith(name)).map((line) => Number(line.slice(1)))
    expect([of('a'), of('b'), of('c')]).toEqual([[0], [5, 4, 3, 2, 1, 0], [10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]])
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
