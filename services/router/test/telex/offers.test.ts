import {
  encodeLegacyMessage,
  encodeMessage,
  legacySignals,
  type Message,
  messageId,
  parseTelex,
  type Row,
  telexText,
} from '@p2pmsg/protocol'
import { expect, test } from 'vitest'
import { Offers } from '../../src/telex/offers.ts'
import { AnEdge } from '../support/an-edge.ts'
import { RSA_KEYS } from '../support/rsa-keys.ts'

const edge = new AnEdge()
const STARTED_MS = edge.nowMs
const others = new AnEdge().author

function rowOf(position: bigint, message: Message, given: Partial<Row> = {}): Row {
  const at = { receivedMs: STARTED_MS, storedMs: STARTED_MS + 1 }
  return { position, id: messageId(message), ...at, dialect: 'krpc', message: encodeMessage(message), ...given }
}

function textsOf(offers: Offers, rows: readonly Row[] | undefined): (string | undefined)[] {
  return offers.of({ prev: 0n, last: 9n, rows }, STARTED_MS).map((bytes) => {
    const telex = parseTelex(bytes)
    return telex.ok ? telexText(telex.value, '+message') : undefined
  })
}

function someOffers(): Offers {
  return new Offers({ receiver: edge.receiver.publicKey, keys: RSA_KEYS, nowMs: STARTED_MS })
}

test('each new message of the receiver is offered once, however often the store repeats itself', () => {
  const offers = someOffers()
  const rows = [rowOf(1n, edge.message('one')), rowOf(2n, edge.message('two'))]
  expect(textsOf(offers, rows)).toEqual(['one', 'two'])
  expect(textsOf(offers, rows)).toEqual([])
  expect(textsOf(offers, [...rows, rowOf(3n, edge.message('three'))])).toEqual(['three'])
})

test('what is older than this router, removed, another’s, or came from 2011 is not', () => {
  const telex = parseTelex(Buffer.from(`{${legacySignals('old', RSA_KEYS)}}`))
  const legacy = encodeLegacyMessage(edge.receiver.publicKey, telex.ok ? telex.value : { members: new Map() })
  const message = edge.message()
  const rows = [
    rowOf(1n, message, { storedMs: STARTED_MS - 1 }),
    rowOf(2n, message, { message: new Uint8Array(0) }),
    rowOf(3n, edge.message('hi', others)),
    rowOf(4n, message, { dialect: 'telex', message: legacy }),
  ]
  expect(textsOf(someOffers(), rows)).toEqual([])
  expect(textsOf(someOffers(), undefined)).toEqual([])
})

test('no more is signed than the edge has time for', () => {
  const rows = Array.from({ length: 100 }, (_, i) => rowOf(BigInt(i + 1), edge.message(String(i))))
  expect(textsOf(someOffers(), rows)).toHaveLength(40)
})
