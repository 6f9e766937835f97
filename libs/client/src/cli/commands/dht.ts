import type { Command } from '../command.ts'
import { dhtGet } from '../dht/get.ts'
import { dhtPeers } from '../dht/peers.ts'
import { dhtPut } from '../dht/put.ts'
import { UsageError } from '../exit-code.ts'

const COMMANDS: readonly Command[] = [dhtGet, dhtPut, dhtPeers]

export const dht: Command = {
  name: 'dht',
  summary: 'read and write the DHT by hand: items (BEP 44) and peers (BEP 5)',
  help: `p2pmsg dht get | put | peers

${COMMANDS.map(({ help }) => help).join('\n\n')}

All of them: --bootstrap HOST:PORT,… names the nodes to begin with, else P2PMSG_BOOTSTRAP, else well-known ones of the
public Mainline DHT; --verbose prints what became of each query; --json prints one object. Exit codes: 0 done, 1 nobody has
it or nobody would store it, 4 no bootstrap node answers.`,
  async run([name = '', ...args], around) {
    const command = COMMANDS.find((command) => command.name === name)
    if (!command) throw new UsageError(`dht wants one of ${COMMANDS.map(({ name }) => name).join(', ')}`)
    return command.run(args, around)
  },
}
