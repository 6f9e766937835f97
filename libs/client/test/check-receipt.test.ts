import { encodeMessage, keyPairFromSeed, messageId, parseReceipt, toBase64Url, verifyReceipt } from '@p2pmsg/protocol'
import { expect, test } from 'vitest'
import { composeMessage } from '../src/compose.ts'
import { checkReceipt, receiptFile } from '../src/index.ts'
import { readReceiptSource } from '../src/receipt-file.ts'
import { Peer } from './support/peer.ts'

const peer = new Peer()
const receiver = peer.receiverKeys.publicKey
const author = keyPairFromSeed(Buffer.alloc(32, 9))
const message = composeMessage({ text: 'hello' }, author, receiver, 1n)
const ids = [Buffer.alloc(32, 1), messageId(message), Buffer.alloc(32, 2)]
const receipt = peer.receipt(ids, 1)
const verdicts = (...args: Parameters<typeof checkReceipt>) => checkReceipt(...args).map(({ ok }) => ok)

test('each check of a good receipt holds, with the message and without', () => {
  expect(verdicts(receipt, receiver)).toEqual([true, true, true, true, true])
  expect(verdicts(receipt, receiver, encodeMessage(message))).toEqual(Array.from({ length: 8 }, () => true))
})

test('the checks name what is wrong, and what was not looked at', () => {
  const other = keyPairFromSeed(Buffer.alloc(32, 8)).publicKey
  expect(verdicts(receipt, other)).toEqual([true, true, true, false, undefined])
  const forged = peer.receipt(ids, 1, author)
  expect(verdicts(forged, receiver)).toEqual([true, true, false, undefined, undefined])
  const another = encodeMessage(composeMessage({ text: 'another' }, author, receiver, 2n))
  expect(verdicts(receipt, receiver, another)).toEqual([true, true, true, false, true, true, true, true])
  expect(verdicts(Buffer.from('junk'), receiver)).toEqual([false])
  expect(verdicts(receipt, receiver, Buffer.from('junk'))[1]).toBe(false)
})

test('all checks hold exactly when the receipt verifies: any flipped bit breaks it', () => {
  for (let bit = 0; bit < receipt.length * 8; bit++) {
    const bytes = Uint8Array.from(receipt)
    bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7))
    const parsed = parseReceipt(bytes)
    const verifies = parsed.ok && verifyReceipt(parsed.value, receiver).ok
    expect(verifies).toBe(false)
    expect(checkReceipt(bytes, receiver).every(({ ok }) => ok === true)).toBe(false)
  }
})

test('a receipt file reads back, and so does the bare receipt; other things are neither', () => {
  const file = receiptFile('p2pmsg://someone', receipt, encodeMessage(message))
  expect(file).toMatchObject({ position: String(5 * 256 + 1), durability: 'synced' })
  const source = readReceiptSource(JSON.stringify(file))
  expect(source?.receiver).toBe('p2pmsg://someone')
  expect(source && Buffer.from(source.receipt)).toEqual(Buffer.from(receipt))
  expect(readReceiptSource(`${toBase64Url(receipt)}\n`)?.receipt).toBeDefined()
  for (const text of ['', '{', '{}', '[]', '{"type":"p2pmsg-receipt","version":2,"receipt":""}', 'a b', 'null'])
    expect(readReceiptSource(text)).toBeUndefined()
})
