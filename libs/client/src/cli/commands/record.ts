import { resolve } from '../../resolve.ts'
import { type Command, options, type Surroundings } from '../command.ts'
import { dhtOptions } from '../dht/settings.ts'
import { EXIT, UsageError } from '../exit-code.ts'
import { describeRecord, recordLines } from '../record-lines.ts'
import { receiverAddress } from '../settings.ts'
import { readSignedRecord, signRecordHere } from '../sign-record.ts'

export const record: Command = {
  name: 'record',
  summary: "show a receiver's record, or sign one where its key is",
  help: `p2pmsg record show [address | signed record | FILE] [--bootstrap HOST:PORT,…] [--json]
p2pmsg record sign --key FILE --receipt-key KEY --endpoint HOST:PORT … [--pipe-key KEY] [--seal-key KEY]
                   [--feed URL] [--post URL] [--days N] [--json]

show fetches the record of a receiver from the router that its address names, or from the DHT if it names none, and checks
that the receiver signed it. A signed record, as sign prints it, or a file that holds one, is shown without asking anybody.
Without an address: that of P2PMSG_TO, or of "to" in config.json.

  --bootstrap LIST    DHT nodes to begin with, else P2PMSG_BOOTSTRAP
  --json              print one object

sign makes a record where the receiver's key is, offline, and prints it in one line of base64url: what a cluster takes that
hosts the receiver (P2PMSG_RECEIVERS, the chart's receivers). The key stays where it is.

  --key FILE          the receiver's key, as p2pmsg keygen writes it
  --receipt-key KEY   the cluster's: it may sign receipts in the receiver's name
  --pipe-key KEY      the cluster's: p2pmsg admin pipe-key prints it
  --seal-key KEY      whoever has this key opens what p2pmsg send --seal sends, not the receiver's: p2pmsg keygen prints it
  --endpoint H:P      where a router takes messages; 1 to 8 of them
  --feed URL          where the messages can be read
  --post URL          where messages are taken over HTTP
  --days N            how long all this is good for, default 366`,
  async run([verb, ...args], around) {
    if (verb === 'show') return show(args, around)
    if (verb === 'sign') return signRecordHere(args, around)
    throw new UsageError('record wants: record show [address], or record sign --key FILE …')
  },
}

async function show(args: readonly string[], around: Surroundings): Promise<number> {
  const { values, positionals } = options(args, { json: { type: 'boolean' }, bootstrap: { type: 'string' } })
  const [given] = positionals
  if (positionals.length > 1) throw new UsageError('record show wants one address, or one signed record')
  const offline = given === undefined ? undefined : await readSignedRecord(given)
  const dht = dhtOptions(values.bootstrap, around.env)
  const told = describeRecord(offline ?? (await resolve(await receiverAddress(given, around.env), around.signal, dht)))
  if (values.json) around.say(JSON.stringify(told))
  else for (const line of recordLines(told)) around.say(line)
  return EXIT.ok
}
