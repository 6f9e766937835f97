import { isIP } from 'node:net'
import { formatSwitch, parseTelex } from '@p2pmsg/protocol'
import { UdpSocket } from '@p2pmsg/udp'
import { type Command, options, wholeNumber } from '../command.ts'
import { EXIT, UsageError } from '../exit-code.ts'
import { telexLine } from './lines.ts'

const PORT_DEFAULT = 42_424
const COUNT_MAX = 1_000_000_000

export const telexListen: Command = {
  name: 'listen',
  summary: 'print the telexes that come to a port',
  help: `p2pmsg telex listen [--host ADDRESS] [--port N] [--count N] [--json]

Prints every telex that comes in, with its sender's address, and answers none. Ends with Ctrl-C.

  --host ADDRESS  an address of this machine, default 127.0.0.1
  --port N        default ${PORT_DEFAULT}; 0 takes any free one
  --count N       ends after so many
  --json          print {"from", "telex"}`,
  async run(args, around) {
    const { values, positionals } = options(args, {
      host: { type: 'string', default: '127.0.0.1' },
      port: { type: 'string', default: String(PORT_DEFAULT) },
      count: { type: 'string' },
      json: { type: 'boolean', default: false },
    })
    if (positionals.length > 0) throw new UsageError('listen takes no arguments')
    if (isIP(values.host) === 0) throw new UsageError('--host is an IP address of this machine')
    const port = wholeNumber('port', values.port, 0, 65_535)
    let left = values.count === undefined ? COUNT_MAX : wholeNumber('count', values.count, 1, COUNT_MAX)
    const { promise: ended, resolve: end, reject } = Promise.withResolvers<void>()
    await using socket = await UdpSocket.open({
      host: values.host,
      port,
      onDatagram: (bytes, sender) => {
        const telex = parseTelex(bytes)
        if (!telex.ok || left === 0) return
        const [from, line] = [formatSwitch(sender), telexLine(telex.value, values.json)]
        around.say(values.json ? `{"from":${JSON.stringify(from)},"telex":${line}}` : `${from} ${line}`)
        if (--left === 0) end()
      },
    })
    around.note(`listening on ${values.host}:${socket.port}`)
    around.signal.addEventListener('abort', () => reject(around.signal.reason as Error), { once: true })
    await ended
    return EXIT.ok
  },
}
