import { expect, test } from 'vitest'
import { originOf } from '../../src/http/origin.ts'

const asked = (host: string) => originOf({ host, protocol: 'http' }, undefined)

test('the configured address wins over what a client says', () => {
  expect(originOf({ host: 'evil.example', protocol: 'http' }, 'https://feeds.example.org')).toBe(
    'https://feeds.example.org',
  )
})

test.each(['example.org', '127.0.0.1:8080', '[::1]:80'])('%s is a host', (host) => {
  expect(asked(host)).toBe(`http://${host}`)
})

test.each(['a b', 'x"><script>', 'a/b', 'user@host', '', 'a'.repeat(254)])('%j is none', (host) => {
  expect(asked(host)).toBe('http://localhost')
})
