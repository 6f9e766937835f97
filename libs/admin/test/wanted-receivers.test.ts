import { encodeItem, keyPairFromSeed, toBase64Url, toHex } from '@p2pmsg/protocol'
import { ConfigError } from '@p2pmsg/runtime'
import { expect, test } from 'vitest'
import { hostedReceiver } from '../src/index.ts'
import { entryOf, parseWanted } from '../src/wanted-receivers.ts'

const keys = keyPairFromSeed(new Uint8Array(32).fill(7))
const receiptKey = keyPairFromSeed(new Uint8Array(32).fill(9)).publicKey
const signed = hostedReceiver(
  keys,
  {
    receiptKey,
    pipeKey: undefined,
    endpoints: [{ host: 'router.example.org', port: 42_424 }],
    feedUrl: undefined,
    postUrl: undefined,
    validSeconds: 3600,
  },
  1_800_000_000,
)
const record = toBase64Url(encodeItem(signed.item))
const noFile = (path: string): string => {
  throw new Error(`nobody asked for ${path}`)
}

test('a record that was signed elsewhere needs no key; policy and budget are the configuration’s', () => {
  const author = toHex(keys.publicKey)
  const text = JSON.stringify([
    { name: 'news', record, policy: { allow: [author], block: [] }, budget: { perSecond: 5, burst: 9 } },
  ])
  const [wanted] = parseWanted(text, noFile)
  expect(wanted && entryOf(wanted, 'release', () => expect.fail('signs'))).toEqual({
    item: signed.item,
    policy: { allow: new Set([author]), block: new Set() },
    budget: { perSecond: 5, burst: 9 },
    managedBy: 'release',
  })
})

test('a key signs here', () => {
  const [wanted] = parseWanted(
    '[{"name":"news","keyFile":"/key"}]',
    (path) => `${path === '/key' ? '07'.repeat(32) : ''}\n`,
  )
  expect(
    wanted &&
      entryOf(wanted, 'release', ({ publicKey }) => ({ ...signed, item: { ...signed.item, key: publicKey } })).item.key,
  ).toEqual(keys.publicKey)
})

test.each([
  ['not JSON', 'nonsense', /JSON list/],
  ['no list', '{}', /JSON list/],
  ['too long a list', JSON.stringify(Array(10_001).fill(0)), /lists 10001 receivers: 10000/],
  ['no receiver', JSON.stringify([{ name: 'news', record }, null]), /receiver 2: give either/],
  ['both record and key', JSON.stringify([{ name: 'news', record, keyFile: '/key' }]), /receiver news: give either/],
  ['a record that is no text', '[{"name":"news","record":7}]', /receiver news: its record or keyFile must be/],
  ['a key file that is not there', '[{"name":"news","keyFile":"/key"}]', /receiver news: its key file cannot be read/],
  ['neither record nor key', '[{"name":"news"}]', /receiver news: give either/],
  [
    'a forged record',
    JSON.stringify([{ name: 'news', record: `${record.slice(0, -2)}AA` }]),
    /receiver news: its record/,
  ],
  ['a bad policy', JSON.stringify([{ name: 'news', record, policy: { block: ['me'] } }]), /receiver news: the policy/],
  ['a bad budget', JSON.stringify([{ record, budget: { perSecond: -1 } }]), /receiver 1: the budget/],
])('%s is named', (_, text, why) => {
  expect(() => parseWanted(text, noFile)).toThrow(ConfigError)
  expect(() => parseWanted(text, noFile)).toThrow(why)
})

test('a key file that holds no key is named, and not quoted', () => {
  const read = () => parseWanted('[{"name":"news","keyFile":"/key"}]', () => 'c0ffee')
  expect(read).toThrow(/receiver news: its key file/)
  expect(read).not.toThrow(/c0ffee/)
})
