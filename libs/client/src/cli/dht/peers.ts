import { toHex } from '@p2pmsg/protocol'
import { NotFound } from '../../failures.ts'
import { formatUdp } from '../../names.ts'
import { type Command, options } from '../command.ts'
import { EXIT, UsageError } from '../exit-code.ts'
import { costOf } from './hops.ts'
import { DHT_OPTIONS, startSession } from './session.ts'
import { readHash } from './target.ts'

export const dhtPeers: Command = {
  name: 'peers',
  summary: 'print who has announced itself',
  help: `p2pmsg dht peers <info hash>

Prints the addresses that have announced themselves for an info hash (40 hex digits), as the nodes near it tell them.`,
  async run(args, around) {
    const { values, positionals } = options(args, DHT_OPTIONS)
    const [word] = positionals
    if (word === undefined || positionals.length > 1) throw new UsageError('dht peers wants one info hash')
    const infoHash = readHash(word, 'an info hash')
    await using session = await startSession(values, around)
    const found = await session.dht.getPeers(infoHash)
    const peers = found.peers.map(formatUdp)
    if (peers.length === 0) throw new NotFound(`the ${found.answers} nodes near ${toHex(infoHash)} know no peers`)
    if (values.json) around.say(JSON.stringify({ peers, ...costOf(found), ...session.asked() }))
    else for (const peer of peers) around.say(peer)
    return EXIT.ok
  },
}
