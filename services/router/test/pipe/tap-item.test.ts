import {
  encodeAnnouncement,
  encodeContent,
  encodeMessage,
  keyPairFromSeed,
  messageId,
  parseAnnouncement,
  positionOf,
  type Row,
  saltOf,
  signItem,
  utf8,
} from '@p2pmsg/protocol'
import { expect, test } from 'vitest'
import { tapItemsOf } from '../../src/pipe/tap-item.ts'

const AUTHOR = keyPairFromSeed(Buffer.alloc(32, 1))
const SALT = saltOf(keyPairFromSeed(Buffer.alloc(32, 2)).publicKey, utf8(''))

function aRow(slot: number): Row {
  const message = signItem(AUTHOR, { salt: SALT, seq: BigInt(slot), value: encodeContent({ text: `number ${slot}` }) })
  const common = { receivedMs: 0, storedMs: 0, dialect: 'krpc' } as const
  return { ...common, position: positionOf(1, slot), id: messageId(message), message: encodeMessage(message) }
}

test('what is kept of an announcement keeps nothing else of it in memory', () => {
  const rows = Array.from({ length: 200 }, (_, slot) => aRow(slot))
  const bytes = encodeAnnouncement({ prev: 0n, last: positionOf(1, 255), rows })
  const heard = parseAnnouncement(bytes)
  const [item] = heard.ok ? tapItemsOf(heard.value.rows?.slice(7, 8) ?? []) : []
  expect(item?.row).toEqual({ ...aRow(7), id: new Uint8Array(aRow(7).id), message: new Uint8Array(aRow(7).message) })
  const held = [item?.row.id, item?.row.message, item?.about?.author].map((view) => view?.buffer.byteLength)
  expect(Math.max(...held.map((length) => length ?? bytes.length))).toBeLessThanOrEqual(aRow(7).message.length)
})
