import { assert, nat, property, uniqueArray } from 'fast-check'
import { expect, test } from 'vitest'
import { compareDistance } from '../../src/kademlia/id.ts'
import { nearest } from '../../src/telex/see.ts'
import { switchId } from '../../src/telex/switch-address.ts'

const seen = (address: string) => ({ address, id: switchId(address) })
const self = seen('208.68.163.247:42424')

test('an id is the SHA-1 of the address in text', () => {
  expect(Buffer.from(self.id).toString('hex')).toBe('38666817e1b38470644e004b9356c1622368fa57')
})

test('the five nearest by XOR are named, nearest first, and ourselves at least once', () => {
  assert(
    property(uniqueArray(nat(65_535), { maxLength: 40 }), nat(), (ports, salt) => {
      const others = ports.map((port) => seen(`192.0.2.1:${port}`))
      const end = switchId(String(salt))
      const named = nearest(end, self, others, true)
      const order = [self, ...others].toSorted((a, b) => compareDistance(end, a.id, b.id)).map((one) => one.address)
      expect(named.slice(0, 5)).toEqual(order.slice(0, 5))
      expect(named).toContain(self.address)
      expect(named.length).toBeLessThanOrEqual(6)
      expect(nearest(end, self, others, false)).toEqual(order.slice(0, 5))
    }),
  )
})
