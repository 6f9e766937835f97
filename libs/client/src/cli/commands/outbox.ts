import { toBase64Url } from '@p2pmsg/protocol'
import type { DhtOptions } from '../../dht/find-record.ts'
import type { Unsent } from '../../outbox/line.ts'
import { type Lying, type Outbox } from '../../outbox/outbox.ts'
import { retry } from '../../outbox/retry.ts'
import { isoOf } from '../../receipt-file.ts'
import { type Command, options, type Surroundings, wholeNumber } from '../command.ts'
import { dhtOptions } from '../dht/settings.ts'
import { EXIT, UsageError } from '../exit-code.ts'
import { openOutbox, tellLeft } from '../outbox-folder.ts'
import { printableLine } from '../printable.ts'
import { Progress } from '../progress.ts'
import { jsonOf } from '../send-words.ts'
import { Stall, Stalled } from '../stall.ts'

const TIMEOUT_DEFAULT = '30'
/** A day. */
const TIMEOUT_MAX = 86_400
/** Fewer digits of an id name too many messages. */
const PREFIX_MIN = 8

export const outbox: Command = {
  name: 'outbox',
  summary: 'messages that have no receipt yet: list, retry or drop them',
  help: `p2pmsg outbox [list] [--json]
p2pmsg outbox retry [--timeout SECONDS] [--elsewhere] [--bootstrap LIST] [--json]
p2pmsg outbox drop ID … | --all [--elsewhere]
p2pmsg outbox receipt ID

send puts each message here before it leaves, and takes it away when it has a receipt or is refused finally. What it could
not end (Ctrl-C, --timeout, a crash) lies here until retry sends it, with the same bytes and the same id: a message that
arrived already gets its first receipt again.

  list                 what lies here; the default
  retry                sends what no running process is sending, until all have a receipt or are refused
  drop ID …            forgets messages, by id or its first ${PREFIX_MIN} digits and more; --all: all that no process is sending
  receipt ID           prints the receipt of a message that was sent, for p2pmsg verify; the newest ones are kept
  --timeout SECONDS    retry ends when nothing comes for so long, default ${TIMEOUT_DEFAULT}; 0 = never
  --elsewhere          also what a crash left on another machine or in another container: do so when nothing runs there
  --json               print one object a message

The folder is $XDG_STATE_HOME/p2pmsg/outbox, else ~/.local/state/p2pmsg/outbox.
Exit codes: 0 done, 1 some were refused or are not here, 3 nothing came in time.`,
  async run(args, around) {
    const { values, positionals } = options(args, {
      timeout: { type: 'string', default: TIMEOUT_DEFAULT },
      bootstrap: { type: 'string' },
      all: { type: 'boolean', default: false },
      elsewhere: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    })
    const [verb = 'list', ...ids] = positionals
    const wants = verb === 'drop' ? values.all !== ids.length > 0 : ids.length === (verb === 'receipt' ? 1 : 0)
    if (!['list', 'retry', 'drop', 'receipt'].includes(verb) || !wants)
      throw new UsageError('outbox wants list, retry, drop with ids or --all, or receipt with an id')
    const timeout = wholeNumber('timeout', values.timeout, 0, TIMEOUT_MAX)
    await using box = await openOutbox(around.env)
    // What is awaited here is over before the outbox is closed.
    if (verb === 'retry' || verb === 'drop') {
      const claimed = await box.claim(values.elsewhere)
      if (verb === 'drop') return await drop(box, claimed, ids, around)
      return await retryAll(
        box,
        claimed,
        { timeout, json: values.json, dht: dhtOptions(values.bootstrap, around.env) },
        around,
      )
    }
    if (verb === 'receipt') return await receipt(box, ids[0] ?? '', around)
    const lying = await box.list()
    for (const each of lying) around.say(values.json ? JSON.stringify(asJson(each)) : asLine(each))
    if (lying.length === 0 && !values.json) around.note('the outbox is empty')
    return EXIT.ok
  },
}

async function retryAll(
  box: Outbox,
  claimed: readonly Unsent[],
  { timeout, json, dht }: Readonly<{ timeout: number; json: boolean; dht: DhtOptions }>,
  around: Surroundings,
): Promise<number> {
  const counts = { sent: 0, refused: 0 }
  using stall = new Stall(timeout, () => true)
  const line = () => `${counts.sent} of ${claimed.length} sent${counts.refused ? `, ${counts.refused} refused` : ''}`
  using _progress = new Progress(line, 'lines')
  try {
    await retry(box, claimed, {
      signal: AbortSignal.any([around.signal, stall.signal]),
      dht,
      onSent: (result) => {
        counts.sent++
        stall.came()
        if (json) around.say(JSON.stringify(jsonOf(result)))
      },
      onRefused: (id, why) => {
        counts.refused++
        stall.came()
        around.note(`${id} ${why ? `refused (${why.code}): ${why.message}` : 'cannot be read any more, and is gone'}`)
      },
    })
  } catch (error) {
    tellLeft(box, around.note)
    if (!(error instanceof Stalled)) throw error
    around.note(`nothing came for ${timeout} s`)
    return EXIT.timeout
  }
  if (!json) around.say(line())
  return counts.refused > 0 ? EXIT.failed : EXIT.ok
}

async function drop(
  box: Outbox,
  claimed: readonly Unsent[],
  prefixes: readonly string[],
  around: Surroundings,
): Promise<number> {
  for (const prefix of prefixes)
    if (prefix.length < PREFIX_MIN) throw new UsageError(`an id has at least ${PREFIX_MIN} digits here`)
  const isMeant = (id: string) => prefixes.length === 0 || prefixes.some((prefix) => id.startsWith(prefix))
  const meant = claimed.filter(({ id }) => isMeant(id))
  for (const each of meant) await box.end(each)
  for (const { id } of meant) around.say(`dropped ${id}`)
  const missing = prefixes.filter((prefix) => !meant.some(({ id }) => id.startsWith(prefix)))
  for (const prefix of missing) around.note(`${printableLine(prefix)} is not here, or is being sent`)
  return missing.length > 0 ? EXIT.failed : EXIT.ok
}

async function receipt(box: Outbox, id: string, around: Surroundings): Promise<number> {
  const found = await box.receiptOf(id)
  if (found) around.say(JSON.stringify(found, undefined, 2))
  else around.note('there is no receipt of this message here: the id has 64 hex digits, and only the newest are kept')
  return found ? EXIT.ok : EXIT.failed
}

function asJson({ id, address, message, sinceMs, owner }: Lying) {
  return { id, address, since: isoOf(sinceMs), owner, message: toBase64Url(message) }
}

function asLine({ id, address, sinceMs, owner }: Lying): string {
  const state =
    owner === 'nobody'
      ? 'waits'
      : owner === 'elsewhere'
        ? 'on another machine, or in another container'
        : `being sent by process ${owner}`
  return `${id}  ${isoOf(sinceMs)}  ${state}\n  to ${printableLine(address)}`
}
