import { describe, expect, test } from 'vitest'
import { ConfigError, parseBusUrl } from '../src/index.ts'

describe('NATS_URL', () => {
  test('several servers share the first one’s credentials', () => {
    expect(parseBusUrl('nats://ro%40ter:p%3Aw@a:4223, nats://b')).toEqual({
      servers: ['a:4223', 'b:4222'],
      user: 'ro@ter',
      password: 'p:w',
      tls: false,
    })
    expect(parseBusUrl('tls://c').tls).toBe(true)
  })

  test.each(['', 'localhost:4222', 'http://a', 'nats://a,nonsense'])('%j is refused without being repeated', (text) => {
    expect(() => parseBusUrl(text)).toThrow(ConfigError)
  })

  test('a password never shows in the error', () => {
    expect(() => parseBusUrl('nats://u:secret@a,oops')).toThrow(/^(?!.*secret).*$/s)
  })
})
