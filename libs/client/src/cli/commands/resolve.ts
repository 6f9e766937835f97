import { findRecord } from '../../dht/find-record.ts'
import { type Command, options } from '../command.ts'
import { costLine, costOf, HopList, hopLine } from '../dht/hops.ts'
import { bootstrapGiven, dhtOptions } from '../dht/settings.ts'
import { EXIT, UsageError } from '../exit-code.ts'
import { describeRecord, recordLine, recordLines } from '../record-lines.ts'
import { receiverAddress } from '../settings.ts'

export const resolve: Command = {
  name: 'resolve',
  summary: 'find a receiver by its key alone, in the DHT',
  help: `p2pmsg resolve [address] [--bootstrap HOST:PORT,…] [--verbose] [--json]

Looks the receiver's record up in the DHT (BEP 44), checks that the receiver signed it, and prints it. The lookup begins at
the nodes of --bootstrap, else of P2PMSG_BOOTSTRAP, else at the router that the address names, else at well-known nodes of
the public Mainline DHT. Without an address: that of P2PMSG_TO, or of "to" in config.json.

  --bootstrap LIST  DHT nodes to begin with
  --verbose         print what became of each query
  --json            print one object; with --verbose it has the queries too

Exit codes: 0 found, 1 nobody has a record that is still good, 4 no bootstrap node answers.`,
  async run(args, around) {
    const { values, positionals } = options(args, {
      bootstrap: { type: 'string' },
      verbose: { type: 'boolean', short: 'v', default: false },
      json: { type: 'boolean', default: false },
    })
    if (positionals.length > 1) throw new UsageError('resolve wants at most one address')
    const address = await receiverAddress(positionals[0], around.env)
    const { endpoint } = address
    const begin = bootstrapGiven(values.bootstrap, around.env) ?? (endpoint && [endpoint])
    const asked = new HopList()
    const { record, item, lookup } = await findRecord(address.receiver, {
      ...dhtOptions(undefined, around.env),
      ...(begin && { bootstrap: begin }),
      fresh: true,
      signal: around.signal,
      onHop: (hop) => {
        asked.add(hop)
        if (values.verbose && !values.json) around.say(hopLine(hop))
      },
    })
    const told = describeRecord({ address: { ...address, endpoint: undefined }, record, item })
    if (values.json) {
      const cost = lookup && costOf(lookup)
      around.say(JSON.stringify({ ...told, ...cost, ...(values.verbose && { asked }) }))
      return EXIT.ok
    }
    for (const line of recordLines(told)) around.say(line)
    if (lookup) around.say(recordLine('lookup', costLine(lookup)))
    return EXIT.ok
  },
}
