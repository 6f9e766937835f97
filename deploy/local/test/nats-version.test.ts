import { expect, test } from 'vitest'
import { isNewEnough, parseNatsVersion, versionText } from '../src/nats/version.ts'

test.each([
  ['nats-server: v2.14.0', '2.14.0', true],
  ['nats-server: v2.10.0\n', '2.10.0', true],
  ['nats-server: v2.10.27-RC.2', '2.10.27', true],
  ['nats-server: v3.0.1', '3.0.1', true],
  ['nats-server: v2.9.10', '2.9.10', false],
  ['nats-server: v1.99.99', '1.99.99', false],
])('%s is %s, new enough: %s', (printed, text, enough) => {
  const version = parseNatsVersion(printed)
  if (!version) throw new Error('not read')
  expect(versionText(version)).toBe(text)
  expect(isNewEnough(version)).toBe(enough)
})

test.each(['', 'nats-server', 'node v24.1.0', 'nats-server: v2', `nats-server: v${'9'.repeat(9)}.1.1`])(
  'what is no version is none: %j',
  (printed) => {
    expect(parseNatsVersion(printed)).toBeUndefined()
  },
)
