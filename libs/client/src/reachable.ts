import { type Address, type AddressFault, type Endpoint, parseAddress } from '@p2pmsg/protocol'
import { BadAddress } from './failures.ts'

const FAULTS: Record<AddressFault, string> = {
  'not-an-address': 'it does not look like p2pmsg://<key>@host:port',
  'bad-key': 'the key is not 52 characters of z-base-32 (nor 64 hex digits)',
  'bad-host': 'the host is not written as host:port',
  'bad-topic': 'the topic is not text of at most 32 bytes',
}

/** Reads an address. @throws {BadAddress} */
export function readAddress(text: string): Address {
  const address = parseAddress(text)
  if (!address.ok) throw new BadAddress(`${JSON.stringify(text.slice(0, 200))} is no address: ${FAULTS[address.fault]}`)
  return address.value
}

/** An address that names whom to ask. @throws {BadAddress} */
export function reachable(given: string | Address): Readonly<{ address: Address; endpoint: Endpoint }> {
  const address = typeof given === 'string' ? readAddress(given) : given
  const { endpoint } = address
  if (!endpoint) throw new BadAddress('the address names no host to ask: write it as p2pmsg://<key>@host:port')
  return { address, endpoint }
}
