import { stat } from 'node:fs/promises'
import { isIP } from 'node:net'
import type { Endpoint } from '@p2pmsg/protocol'
import { BareNode } from '../../dht/bare-node.ts'
import { PUBLIC_BOOTSTRAP } from '../../dht/bootstrap-nodes.ts'
import { type Command, options, wholeNumber } from '../command.ts'
import { bootstrapGiven } from '../dht/settings.ts'
import { EXIT, UsageError } from '../exit-code.ts'

const PORT_DEFAULT = 6881
const PORT_MAX = 65_535
const EVERY_DEFAULT = 60
const EVERY_MAX = 86_400

export const node: Command = {
  name: 'node',
  summary: 'run a node of the DHT, and nothing else',
  help: `p2pmsg node [--bootstrap HOST:PORT,… | --alone] [--port N] [--host IP] [--ro] [--state FOLDER] [--every SECONDS] [--json]

Runs a Mainline DHT node (BEP 5, 32, 42, 43, 44) until Ctrl-C: it joins through the bootstrap nodes, answers queries, and
stores what others put. Prints a line when it listens, when it has joined, and then one of status from time to time.

  --bootstrap LIST  DHT nodes to join through, else P2PMSG_BOOTSTRAP, else well-known ones of the public Mainline DHT
  --alone           join nobody: the first node of a network
  --port N          UDP port, default ${PORT_DEFAULT}; 0 = any free one
  --host IP         listen on this address alone; default: all, in both families
  --ro              read-only (BEP 43): answer nobody
  --state FOLDER    keep id and routing table there between runs
  --every SECONDS   between two lines of status, default ${EVERY_DEFAULT}
  --json            print each line as an object

Exit codes: 0 after Ctrl-C, 1 when the port is taken or the folder is not there.`,
  async run(args, around) {
    const { values, positionals } = options(args, {
      bootstrap: { type: 'string' },
      alone: { type: 'boolean', default: false },
      port: { type: 'string', default: String(PORT_DEFAULT) },
      host: { type: 'string', default: '' },
      ro: { type: 'boolean', default: false },
      state: { type: 'string' },
      every: { type: 'string', default: String(EVERY_DEFAULT) },
      json: { type: 'boolean', default: false },
    })
    if (positionals.length > 0) throw new UsageError('node takes options alone')
    if (values.host !== '' && isIP(values.host) === 0) throw new UsageError('--host is an IP address')
    if (values.alone && values.bootstrap !== undefined) throw new UsageError('either --alone or --bootstrap')
    const port = wholeNumber('port', values.port, 0, PORT_MAX)
    const every = wholeNumber('every', values.every, 1, EVERY_MAX)
    const bootstrap: readonly Endpoint[] = values.alone
      ? []
      : (bootstrapGiven(values.bootstrap, around.env) ?? PUBLIC_BOOTSTRAP)
    if (values.state !== undefined) await stat(values.state)
    const say = (event: string, line: string, told: object) =>
      around.say(values.json ? JSON.stringify({ event, ...told }) : line)
    await using bare = await BareNode.start({
      bootstrap,
      port,
      host: values.host,
      readOnly: values.ro,
      folder: values.state,
      onJoined: (contacts) => say('joined', `joined the DHT: ${contacts} contacts`, { contacts }),
      onNobody: () => around.note('no bootstrap node has an address that can be reached; trying again each minute'),
      onTrouble: around.note,
    })
    const { status } = bare
    say('listening', `listening on UDP port ${bare.port} as node ${status.node}`, {
      port: bare.port,
      node: status.node,
    })
    const timer = setInterval(() => say('status', statusLine(bare.status), bare.status), every * 1000)
    await new Promise<void>((ended) => {
      if (around.signal.aborted) ended()
      around.signal.addEventListener('abort', () => ended(), { once: true })
    })
    clearInterval(timer)
    say('ended', `ended: ${statusLine(bare.status)}`, bare.status)
    return EXIT.ok
  },
}

function statusLine(status: BareNode['status']): string {
  const { contacts, items, peers, answered, asked, address } = status
  const seen = address === null ? '' : `, seen as ${address}`
  return `${contacts} contacts, ${items} items, ${peers} peers held; ${answered} queries answered, ${asked} asked${seen}`
}
