import type { Command } from '../command.ts'
import { UsageError } from '../exit-code.ts'
import { telexDial } from '../telex/dial.ts'
import { telexKeygen } from '../telex/keygen.ts'
import { telexListen } from '../telex/listen.ts'
import { telexSend } from '../telex/send.ts'
import { telexTap } from '../telex/tap.ts'

const COMMANDS: readonly Command[] = [telexListen, telexSend, telexTap, telexDial, telexKeygen]

export const telex: Command = {
  name: 'telex',
  summary: 'speak Telehash v1 by hand, as people did in 2011',
  help: `p2pmsg telex listen | send | tap | dial | keygen

${COMMANDS.map(({ help }) => help).join('\n\n')}`,
  async run([name = '', ...args], around) {
    const command = COMMANDS.find((command) => command.name === name)
    if (!command) throw new UsageError(`telex wants one of ${COMMANDS.map(({ name }) => name).join(', ')}`)
    return command.run(args, around)
  },
}
