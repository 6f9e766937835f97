import { expect, test } from 'vitest'
import { PageCache, type Rendered } from '../../src/feed/page-cache.ts'

function aPage(bytes: number): Rendered {
  const body = Buffer.alloc(bytes)
  return {
    body,
    etag: '"x"',
    contentType: 'text/html',
    lasting: false,
    link: '',
    version: 'v',
    applied: 1n,
    staleMs: 0,
  }
}

test('the page that was not wanted longest goes first', () => {
  const cache = new PageCache(3 * 2048)
  for (const key of ['a', 'b', 'c']) cache.set(key, aPage(1024))
  cache.get('a')
  cache.set('d', aPage(1024))
  expect(['a', 'b', 'c', 'd'].filter((key) => cache.get(key))).toEqual(['a', 'c', 'd'])
  expect(cache.bytes).toBe(3 * 2048)
})

test('replacing a page counts it once, and a page above the bound is not kept', () => {
  const cache = new PageCache(4096)
  for (let i = 0; i < 10; i++) cache.set('a', aPage(1024))
  expect(cache.bytes).toBe(2048)
  cache.set('b', aPage(9999))
  expect(cache.bytes).toBe(0)
})
