import { formatModulus } from '@p2pmsg/protocol'
import { makeRsaKeyFile } from '../../telex/rsa-key-file.ts'
import { type Command, options } from '../command.ts'
import { EXIT, UsageError } from '../exit-code.ts'
import { defaultRsaKeyFile } from './keys.ts'

export const telexKeygen: Command = {
  name: 'keygen',
  summary: 'make a key as the programs of 2011 did',
  help: `p2pmsg telex keygen [--key FILE]

Makes an RSA key of 512 bits, which can be broken today, in the form that client.js and server.js read as ./keys, and that
routers take as P2PMSG_LEGACY_KEY_FILE. FILE is by default $XDG_CONFIG_HOME/p2pmsg/telex-keys.`,
  async run(args, around) {
    const { values, positionals } = options(args, { key: { type: 'string' } })
    if (positionals.length > 0) throw new UsageError('keygen takes no arguments: name the file with --key')
    const file = values.key ?? defaultRsaKeyFile(around.env)
    const { n } = await makeRsaKeyFile(file).catch((error: NodeJS.ErrnoException) => {
      throw error.code === 'EEXIST' ? new UsageError(`${file} exists, and is not overwritten`) : error
    })
    around.say(formatModulus(n))
    around.note(`wrote the key to ${file}; its public half is printed above`)
    return EXIT.ok
  },
}
