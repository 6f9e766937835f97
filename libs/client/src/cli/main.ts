import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import type { Command, Surroundings } from './command.ts'
import { bench } from './commands/bench.ts'
import { dht } from './commands/dht.ts'
import { feed } from './commands/feed.ts'
import { help } from './commands/help.ts'
import { keygen } from './commands/keygen.ts'
import { listen } from './commands/listen.ts'
import { node } from './commands/node.ts'
import { outbox } from './commands/outbox.ts'
import { ping } from './commands/ping.ts'
import { record } from './commands/record.ts'
import { resolve } from './commands/resolve.ts'
import { send } from './commands/send.ts'
import { telex } from './commands/telex.ts'
import { trace } from './commands/trace.ts'
import { verify } from './commands/verify.ts'
import { EXIT, Interrupted, UsageError } from './exit-code.ts'
import { explain } from './explain.ts'
import { printable } from './printable.ts'

const COMMANDS: readonly Command[] = [
  send,
  outbox,
  feed,
  listen,
  trace,
  verify,
  keygen,
  ping,
  resolve,
  record,
  dht,
  node,
  telex,
  bench,
]
const HELP = help(COMMANDS)

async function run(words: readonly string[], around: Surroundings): Promise<number> {
  const [name = 'help', ...args] = words
  if (name === '--version') {
    around.say(await version())
    return EXIT.ok
  }
  if (name === '--help' || name === '-h') return HELP.run([], around)
  const command = [...COMMANDS, HELP].find((command) => command.name === name)
  if (!command) throw new UsageError(`there is no command ${JSON.stringify(name)}`)
  const ends = args.indexOf('--')
  const asksHelp = args.slice(0, ends < 0 ? args.length : ends).some((word) => word === '--help' || word === '-h')
  return asksHelp ? HELP.run([command.name], around) : command.run(args, around)
}

async function version(): Promise<string> {
  const text = await readFile(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

/** Ctrl-C ends what a command waits for; a second one ends the process. */
function interruptible(): AbortSignal {
  const interrupted = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      if (interrupted.signal.aborted) process.exit(EXIT.interrupted)
      interrupted.abort(new Interrupted('interrupted'))
    })
  return interrupted.signal
}

async function main(words: readonly string[]): Promise<number> {
  const around: Surroundings = {
    say: (line) => void process.stdout.write(`${line}\n`),
    said: async () => {
      if (process.stdout.writableNeedDrain) await once(process.stdout, 'drain')
    },
    note: (line) => void process.stderr.write(`p2pmsg: ${line}\n`),
    env: process.env,
    stdin: process.stdin,
    signal: interruptible(),
  }
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(EXIT.ok) // whoever read has read enough
    throw error
  })
  try {
    return await run(words, around)
  } catch (error) {
    const reason: unknown = around.signal.aborted ? around.signal.reason : error
    const explained = explain(reason, COMMANDS.find(({ name }) => name === words[0])?.name ?? '')
    if (!explained) throw error
    if (words.includes('--json')) around.say(JSON.stringify({ error: explained.code, detail: explained.words }))
    around.note(printable(explained.words)) // a service's own words may be among them
    return explained.exit
  }
}

/** It brings the bus along, which no other command needs, and has its own way with signals. */
async function admin(words: readonly string[]): Promise<number> {
  const { adminCommand } = await import('@p2pmsg/admin')
  return adminCommand([...words])
}

const [first, ...rest] = process.argv.slice(2)
process.exitCode = first === 'admin' ? await admin(rest) : await main(process.argv.slice(2))
