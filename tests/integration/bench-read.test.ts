// Proves that `npm run bench:read` measures what it says, at a size that costs little: everything is answered and everything arrives.
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runCommand } from '@p2pmsg/local'
import { expect, test } from 'vitest'

const BENCH = fileURLToPath(new URL('../../bench/read.ts', import.meta.url))

test('a small run answers all, delivers all, and says so in JSON', { timeout: 180_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'p2pmsg-bench-read-'))
  try {
    const json = join(folder, 'read.json')
    const sizes = ['--requests', '200', '--connections', '4', '--readers', '20', '--messages', '1']
    const args = [BENCH, ...sizes, '--rows', '500,700', '--questions', '2', '--json', json]
    const { code, stdout, stderr } = await runCommand(process.execPath, args, { timeoutMs: 170_000 })
    expect([code, stderr]).toEqual([0, expect.any(String)])
    expect(stdout).toContain('bare route')
    const figures = JSON.parse(await readFile(json, 'utf8')) as {
      pages: { name: string; bytes: number; refused: number; ratio: number }[]
      live: { readers: number; refused: number; messages: number; missing: number }
      queries: { rows: number; ms: Record<string, object> }[]
    }
    expect(figures.pages.map(({ name, refused }) => [name, refused])).toEqual([
      ['html', 0],
      ['json', 0],
      ['atom', 0],
      ['json of 1', 0],
    ])
    expect(figures.live).toMatchObject({ readers: 20, refused: 0, messages: 1, missing: 0 })
    expect(figures.queries.map(({ rows, ms }) => [rows, Object.keys(ms)])).toEqual(
      [500, 700].map((rows) => [rows, ['newest', 'before', 'after', 'author', 'topic']]),
    )
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
