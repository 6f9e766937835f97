import type { Command } from '../command.ts'
import { EXIT, UsageError } from '../exit-code.ts'

/** Words that the launcher takes before this program is reached. */
const LAUNCHER = [
  ['start', 'run the whole cluster on this machine and send a first message'],
  ['test', 'types, lint and every test'],
  ['bench <name>', "one of this checkout's own benches, e.g. bench path"],
] as const
const OPERATORS = ['admin …', 'receivers, streams, epochs: p2pmsg admin help'] as const
const NAME_WIDTH = 14

export function help(commands: readonly Command[]): Command {
  const self: Command = {
    name: 'help',
    summary: 'this list, or how one command is used',
    help: 'p2pmsg help [command]',
    run: async (args, around) => {
      const [name] = args
      const command = [...commands, self].find((command) => command.name === name)
      if (name !== undefined && !command) throw new UsageError(`there is no command ${JSON.stringify(name)}`)
      around.say(command ? command.help : overview([...commands, self]))
      return EXIT.ok
    },
  }
  return self
}

function overview(commands: readonly Command[]): string {
  const list = (entries: readonly (readonly [string, string])[]) =>
    entries.map(([name, summary]) => `  ${name.padEnd(NAME_WIDTH)} ${summary}`).join('\n')
  return `p2pmsg: signed messages over UDP into feeds

${list(commands.map(({ name, summary }) => [name, summary]))}

${list([...LAUNCHER, OPERATORS])}

  p2pmsg help <command> or p2pmsg <command> --help says more.

A receiver's address is p2pmsg://<key>[@host:port][/topic]; without a host it is found in the DHT. Exit codes: 0 done,
1 refused or not true, 2 not understood, 3 time over and the outcome unknown, 4 nobody answers, 5 nothing is known of it,
130 Ctrl-C.`
}
