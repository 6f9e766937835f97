import { DATAGRAM_IN_BYTES_MAX, encodeTelex, formatSwitch, legacySignals } from '@p2pmsg/protocol'
import { UdpSocket } from '@p2pmsg/udp'
import { type Command, options } from '../command.ts'
import { EXIT, UsageError } from '../exit-code.ts'
import { readContent } from '../message-content.ts'
import { rsaKeys } from './keys.ts'
import { switchAddress } from './switch.ts'

export const telexSend: Command = {
  name: 'send',
  summary: 'say something as client.js did',
  help: `p2pmsg telex send [text …] [--to HOST:PORT] [--key FILE]

Signs the words, or standard input, with a key of 2011 and sends them once. Nothing answers: a tap hears it, and a router
that keeps messages of 2011 puts it into its feed, marked as weakly signed.

  --to HOST:PORT  the switch, or a receiver's address; else as p2pmsg send
  --key FILE      {"public": hex, "private": hex}; else ~/.config/p2pmsg/telex-keys, made on first use`,
  async run(args, around) {
    const { values, positionals } = options(args, { to: { type: 'string' }, key: { type: 'string' } })
    const to = await switchAddress(values.to, around.env)
    const { body } = await readContent(positionals, undefined, around.stdin)
    const text = Buffer.from(body ?? []).toString('utf8')
    const keys = await rsaKeys(values.key, around)
    const bytes = encodeTelex({ hop: 1, to: formatSwitch(to) }, legacySignals(text, keys))
    if (bytes.length > DATAGRAM_IN_BYTES_MAX)
      throw new UsageError(
        `a telex is one datagram: this one has ${bytes.length} bytes, at most ${DATAGRAM_IN_BYTES_MAX} fit`,
      )
    await using socket = await UdpSocket.open({ host: '', port: 0, onDatagram: () => undefined })
    socket.send(to, bytes)
    around.note(`sent ${bytes.length} bytes to ${formatSwitch(to)}; nothing answers a telex like this`)
    return EXIT.ok
  },
}
