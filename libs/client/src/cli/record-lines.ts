import { type Address, formatAddress, formatEndpoint, toHex, toZBase32 } from '@p2pmsg/protocol'
import { isoOf } from '../receipt-file.ts'
import type { Resolved } from '../resolve.ts'
import { printableLine } from './printable.ts'

const NAME_WIDTH = 14

/** A receiver's record as programs read it. */
export function describeRecord({ address, record, item }: Pick<Resolved, 'address' | 'record' | 'item'>) {
  const { delegation } = record
  return {
    receiver: toZBase32(address.receiver),
    address: formatAddress(withHost(address, record)),
    routers: record.endpoints.map(formatEndpoint),
    feed: record.feedUrl ?? null,
    post: record.postUrl ?? null,
    valueBytesMax: record.valueBytesMax,
    receiptKey: toZBase32(delegation.receiptKey),
    receiptsFrom: isoOf(delegation.from * 1000),
    receiptsUntil: isoOf(delegation.until * 1000),
    pipeKey: record.pipeKey ? toHex(record.pipeKey) : null,
    sealKey: record.sealKey ? toHex(record.sealKey) : null,
    expires: isoOf(record.expires * 1000),
    version: item.seq.toString(),
  }
}

/** The same for people, a line for each member that there is. */
export function recordLines(described: ReturnType<typeof describeRecord>): string[] {
  return Object.entries(described).flatMap(([name, value]) =>
    value === null ? [] : [recordLine(name, typeof value === 'object' ? value.join(', ') : String(value))],
  )
}

export function recordLine(name: string, value: string): string {
  return `${name.padEnd(NAME_WIDTH)} ${printableLine(value)}`
}

/** Where the record says, if the address does not. */
function withHost({ receiver, endpoint }: Address, record: Resolved['record']): Address {
  return { receiver, endpoint: endpoint ?? record.endpoints[0], topic: '' }
}
