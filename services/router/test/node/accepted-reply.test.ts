import { compactAddress, encodeReply } from '@p2pmsg/protocol'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { AcceptedReply } from '../../src/node/accepted-reply.ts'
import { at, NODE_ID } from '../support/an-edge.ts'

test('the bytes are those of the general writer', () => {
  const reply = new AcceptedReply(NODE_ID)
  const to = fc
    .tuple(fc.constantFrom('192.0.2.1', '2001:db8::1', '0.0.0.0', '::'), fc.nat(65_535))
    .map(([host, port]) => at(host, port))
  const bytes = (minLength: number, maxLength: number) => fc.uint8Array({ minLength, maxLength })
  fc.assert(
    fc.property(bytes(0, 64), to, bytes(32, 32), bytes(0, 1100), (t, to, mid, receipt) => {
      const body = { id: NODE_ID, mid, receipt, stage: 'accepted' }
      expect(reply.encode(t, to, mid, receipt)).toEqual(encodeReply(t, body, compactAddress(to)))
    }),
  )
})
