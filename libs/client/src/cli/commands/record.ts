import { formatAddress, formatEndpoint, toHex, toZBase32 } from '@p2pmsg/protocol'
import { isoOf } from '../../receipt-file.ts'
import { type Resolved, resolve } from '../../resolve.ts'
import { type Command, options } from '../command.ts'
import { EXIT, UsageError } from '../exit-code.ts'
import { printableLine } from '../printable.ts'
import { receiverAddress } from '../settings.ts'

export const record: Command = {
  name: 'record',
  summary: "show a receiver's record: its routers, feed and limits",
  help: `p2pmsg record show [address] [--json]

Fetches the record of a receiver from the router that its address names, and checks that the receiver signed it.
Without an address: that of P2PMSG_TO, or of "to" in config.json.

  --json  print one object`,
  async run(args, around) {
    const { values, positionals } = options(args, { json: { type: 'boolean' } })
    const [verb, address] = positionals
    if (verb !== 'show' || positionals.length > 2) throw new UsageError('record wants: record show <address>')
    const told = describe(await resolve(await receiverAddress(address, around.env), around.signal))
    if (values.json) around.say(JSON.stringify(told))
    else for (const [name, value] of Object.entries(told)) if (value !== null) around.say(line(name, value))
    return EXIT.ok
  },
}

function line(name: string, value: string | number | readonly string[]): string {
  return `${name.padEnd(14)} ${printableLine(typeof value === 'object' ? value.join(', ') : String(value))}`
}

function describe({ address, record, item }: Resolved) {
  const { delegation } = record
  return {
    receiver: toZBase32(address.receiver),
    address: formatAddress({ ...address, topic: '' }),
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
