import { toHex, toZBase32 } from '@p2pmsg/protocol'
import { type Command, options } from '../command.ts'
import { EXIT, UsageError } from '../exit-code.ts'
import { defaultKeyFile, makeKeyFile } from '../key-file.ts'

export const keygen: Command = {
  name: 'keygen',
  summary: 'make the key that signs your messages',
  help: `p2pmsg keygen [--key FILE] [--force] [--json]

Makes an Ed25519 key and writes it to FILE, by default $XDG_CONFIG_HOME/p2pmsg/key (~/.config/p2pmsg/key), readable by
you alone. Whoever has the file writes in your name; nobody can make it again.

  --key FILE  where to write it
  --force     overwrite a key that is there
  --json      print {"key", "hex", "file"}`,
  async run(args, around) {
    const { values, positionals } = options(args, {
      key: { type: 'string' },
      force: { type: 'boolean' },
      json: { type: 'boolean' },
    })
    if (positionals.length > 0) throw new UsageError('keygen takes no arguments: name the file with --key')
    const file = values.key ?? defaultKeyFile(around.env)
    const { publicKey } = await makeKeyFile(file, values.force)
    const key = toZBase32(publicKey)
    if (values.json) around.say(JSON.stringify({ key, hex: toHex(publicKey), file }))
    else {
      around.say(key)
      around.note(`wrote the key to ${file}; its public half is printed above. Keep a copy of the file`)
    }
    return EXIT.ok
  },
}
