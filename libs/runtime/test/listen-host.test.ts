import { expect, test } from 'vitest'
import { listenHost } from '../src/listen-host.ts'

const without = () => Promise.resolve(false)

test('all addresses are those of both families, or of IPv4 where there is no other', async () => {
  expect(await listenHost('::', () => Promise.resolve(true))).toBe('::')
  expect(await listenHost('::', without)).toBe('0.0.0.0')
})

test('an address that somebody chose is taken at its word', async () => {
  expect(await listenHost('127.0.0.1', without)).toBe('127.0.0.1')
  expect(await listenHost('::1', without)).toBe('::1')
})
