import { expect, test } from 'vitest'
import { parseStartOptions } from '../src/start-options.ts'

test('replicas are counted by service; what is not named has one', () => {
  expect(parseStartOptions([]).replicas).toEqual({})
  expect(parseStartOptions(['--replicas', 'router=2,render-api=3']).replicas).toEqual({ router: 2, 'render-api': 3 })
})

test.each(['routers=2', 'router', 'router=0', 'router=17', 'router=2;store=2'])('--replicas %s is refused', (text) => {
  expect(() => parseStartOptions(['--replicas', text])).toThrow(/--replicas: .* is not one of router, ingest/)
})
