import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { eachLine, LINE_CHARS_MAX } from '../src/lines.ts'

async function linesOf(chunks: readonly (string | Uint8Array)[]): Promise<string[]> {
  const stream = new PassThrough()
  const lines: string[] = []
  eachLine(stream, (line) => lines.push(line))
  for (const chunk of chunks) stream.write(chunk)
  stream.end()
  await once(stream, 'close')
  return lines
}

test('lines come whole, however the chunks fall', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.stringMatching(/^[a-c\n]{0,40}$/),
      fc.array(fc.nat(40), { maxLength: 5 }),
      async (text, cuts) => {
        const edges = [0, ...cuts.map((cut) => Math.min(cut, text.length)).sort((a, b) => a - b), text.length]
        const chunks = edges.slice(1).map((edge, index) => text.slice(edges[index], edge))
        const expected = text.split('\n')
        if (expected.at(-1) === '') expected.pop()
        expect(await linesOf(chunks)).toEqual(expected)
      },
    ),
    { numRuns: 50 },
  )
})

test('a character that falls between two chunks is one character', async () => {
  const bytes = Buffer.from('grüße\n')
  expect(await linesOf([bytes.subarray(0, 3), bytes.subarray(3)])).toEqual(['grüße'])
})

test('a line without an end is cut once, and what follows it is a new line', async () => {
  const lines = await linesOf(['a'.repeat(LINE_CHARS_MAX + 1), 'a'.repeat(10 * LINE_CHARS_MAX), '\nnext\n'])
  expect(lines).toEqual([`${'a'.repeat(LINE_CHARS_MAX)}…`, 'next'])
})
