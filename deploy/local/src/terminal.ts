import { styleText } from 'node:util'
import { readable } from './log-line.ts'

const NAME_WIDTH = 10 // of `render-api`
const COLOURS: Readonly<Record<string, Parameters<typeof styleText>[0]>> = {
  router: 'cyan',
  ingest: 'green',
  store: 'yellow',
  'render-api': 'magenta',
  nats: 'blue',
  postgres: 'blue',
}
/** NATS and Postgres say much that only their log files need. */
const SERVERS = new Set(['nats', 'postgres'])
const TROUBLED = /^(warning|error|fatal|panic):/
/** Our own probes ask before the servers are ready; the passwords of a local nats-server are random and in a private file. */
const EXPECTED =
  /the database system is (starting up|not yet accepting)|Healthcheck failed|Plaintext passwords detected/

/** What `npm start` shows, one line each: ours plain, the children's behind their names. */
export class Terminal {
  constructor() {
    // A terminal that was closed must not keep the stack from stopping in order.
    process.stdout.on('error', () => undefined)
    process.stderr.on('error', () => undefined)
  }

  say(text: string): void {
    process.stdout.write(`${text}\n`)
  }

  trouble(text: string): void {
    process.stderr.write(`${styleText('red', text, { stream: process.stderr })}\n`)
  }

  child(line: string, name: string): void {
    const text = readable(line)
    if (text.trim() === '') return
    if (SERVERS.has(name) && (!TROUBLED.test(text) || EXPECTED.test(text))) return
    const colour = COLOURS[name.replace(/-\d+$/, '')] ?? 'white'
    process.stdout.write(`${styleText(colour, `${name.padEnd(NAME_WIDTH)} |`)} ${text}\n`)
  }
}
