import { encodeAnnouncement, parseAnnouncement } from '@p2pmsg/protocol'
import { expect, test } from 'vitest'
import { encoder } from '../../src/live/encode.ts'
import { AUTHOR, aRow, RECEIVED_MS, RECEIVER } from '../rows.ts'

test('what is kept of an announcement keeps nothing else of it in memory', async () => {
  const rows = Array.from({ length: 100 }, (_, i) => aRow(BigInt(i + 1), { text: `number ${i}` }))
  const heard = parseAnnouncement(encodeAnnouncement({ prev: 0n, last: 100n, rows }))
  const names = { of: async () => new Map<string, string>() }
  const encode = encoder(names, RECEIVER.publicKey, 'http://localhost', () => RECEIVED_MS)
  const [event] = heard.ok ? await encode(heard.value.rows?.slice(7, 8) ?? []) : []
  const { row, message } = event?.entry ?? {}
  expect(message?.key).toEqual(new Uint8Array(AUTHOR.publicKey))
  const held = [row?.id, row?.message, message?.key].map((view) => view?.buffer.byteLength)
  expect(held).toEqual([32, rows[7]?.message.length, rows[7]?.message.length])
})
