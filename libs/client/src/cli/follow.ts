import { type Address, formatAddress } from '@p2pmsg/protocol'
import type { MessageDraft } from '../compose.ts'
import { BadDraft, Refused } from '../failures.ts'
import type { SenderOptions, SendResult } from '../send-options.ts'
import { Sender } from '../sender.ts'
import type { Surroundings } from './command.ts'
import { EXIT } from './exit-code.ts'
import { linesOf } from './lines.ts'
import { Progress } from './progress.ts'
import { jsonOf, tellUnknown } from './send-words.ts'
import { Stall, Stalled } from './stall.ts'

/** Messages in flight; no more lines are read until one of them has its end. */
export const FOLLOW_WINDOW = 256
/** Lines that were refused and are named; the others are counted. */
const NAMED_MAX = 20

export type FollowOptions = Readonly<{
  sender: Omit<SenderOptions, 'signal' | 'address'>
  address: Address
  /** What all messages have in common. */
  draft: MessageDraft
  seal: boolean
  /** How long to wait without any answer, seconds; 0 = for ever. */
  timeout: number
  json: boolean
}>

/** Sends each line of standard input as a message of its own. @returns the exit code @throws {UsageError}, or the signal's reason */
export async function follow(options: FollowOptions, around: Surroundings): Promise<number> {
  const { draft, seal, timeout, json, address } = options
  const counts = { read: 0, sent: 0, refused: 0 }
  const inFlight = new Set<Promise<void>>() // BOUNDED by FOLLOW_WINDOW
  const broken = new AbortController()
  using stall = new Stall(timeout, () => inFlight.size > 0)
  const signal = AbortSignal.any([around.signal, stall.signal, broken.signal])
  await using sender = await Sender.start({ ...options.sender, address, window: FOLLOW_WINDOW, signal })
  const startMs = performance.now()
  using _progress = new Progress(() => line(), 'lines')

  function line(): string {
    const perSecond = (counts.sent * 1000) / (performance.now() - startMs)
    const refused = counts.refused > 0 ? `, ${counts.refused} refused` : ''
    return `${counts.sent} sent, ${inFlight.size} under way${refused}, ${perSecond.toFixed(0)}/s, by ${sender.way}`
  }
  function onRefused(number: number, why: string): void {
    if (counts.refused++ < NAMED_MAX) around.note(`line ${number}: ${why}`)
  }
  function onSent(result: SendResult): void {
    counts.sent++
    if (json) around.say(JSON.stringify(jsonOf(result)))
  }
  async function send(body: Uint8Array, number: number): Promise<void> {
    try {
      const text = { ...draft, body }
      onSent(await sender.send(seal ? await sender.seal(text) : text))
    } catch (error) {
      if (error instanceof Refused) onRefused(number, `refused (${error.code}): ${error.message}`)
      else if (error instanceof BadDraft) onRefused(number, error.message)
      else broken.abort(error) // the signal's own reason comes by here too, and changes nothing then
    }
    stall.came()
  }

  try {
    for await (const body of linesOf(around.stdin, signal)) {
      if (signal.aborted) break // what has been read ahead is not sent any more
      const sending = send(body, ++counts.read).finally(() => inFlight.delete(sending))
      inFlight.add(sending)
      if (inFlight.size >= FOLLOW_WINDOW) await Promise.race(inFlight)
    }
  } catch (error) {
    if (!signal.aborted) broken.abort(error)
  }
  await Promise.all(inFlight)
  const lost = counts.read - counts.sent - counts.refused - (options.sender.outbox?.size ?? 0)
  if (lost > 0) around.note(`${lost} of ${counts.read} lines were read, and are neither sent nor kept`)
  if (signal.aborted && !(signal.reason instanceof Stalled)) throw signal.reason
  if (signal.aborted) return tellUnknown(sender, timeout, formatAddress(address), json, around)
  if (!json) around.say(line())
  return counts.refused > 0 ? EXIT.failed : EXIT.ok
}
