import { isRefusalCode, type RefusalCode } from '@p2pmsg/protocol'
import type { Trace } from '../api/feed-api.ts'
import { printableLine } from './printable.ts'

/** What whoever sent a message can do about its refusal. */
const ADVICE: Readonly<Record<RefusalCode, string>> = {
  malformed: 'make it anew by the rules of docs/messages.md',
  'too-large': 'send less: /limits has the numbers',
  'bad-signature': 'sign it anew; perhaps a stranger sent a forged copy, and the genuine one is still welcome',
  'unknown-receiver': 'ask the receiver for its address: its key is not hosted there',
  expired: 'send it anew with a later expiry, or none',
  future: "set the sender's clock, and sign it anew",
  'too-old': "set the sender's clock, and sign it anew: what was signed long ago is not taken any more",
  blocked: 'the receiver does not want this author; nothing can be sent around that',
  'not-allowed': 'ask the receiver to let this author in: its policy names who may write',
  poison: 'do not send it again; whoever runs the cluster wants to know of it',
  'rate-limited': 'send it again, later and more slowly',
  busy: 'send it again in a moment',
  unavailable: 'send it again in a moment',
}
const STAGE_WIDTH = 10
const TIME_WIDTH = 26

/** A message's way for a terminal: a line a stage, with when it came there and how long that took. */
export function traced({ id, stored, refused }: Trace): string {
  const lines = [`message ${id}`]
  if (stored) {
    const { received, accepted, position, cursor, removed } = stored
    lines.push(line('received', received, undefined, 'at a router'))
    if (accepted === null) lines.push(line('accepted', '-', undefined, 'the log no longer says when'))
    else lines.push(line('accepted', accepted, received, 'it is in the log and has a receipt'))
    lines.push(line('stored', stored.stored, accepted ?? received, 'readers see it'))
    lines.push(`It stands at ${printableLine(position)} in the log (cursor ${printableLine(cursor)}).`)
    if (removed) lines.push('Its author removed it: the place is kept, the words are gone.')
  }
  if (refused) {
    const { code, meaning, final, time } = refused
    lines.push(line('refused', time, undefined, printableLine(code)))
    lines.push(
      `${printableLine(meaning)} ${final ? 'This is final' : 'This passes'}: ${isRefusalCode(code) ? ADVICE[code] : 'see docs/messages.md'}.`,
    )
  }
  return lines.join('\n')
}

/** Two clocks may disagree: a time before the one above is shown as it is. */
function line(stage: string, time: string, since: string | undefined, words: string): string {
  const took = since === undefined ? '' : `+${Date.parse(time) - Date.parse(since)} ms`.replace('+-', '-')
  return `  ${stage.padEnd(STAGE_WIDTH)}${time.padEnd(TIME_WIDTH)}${took.padStart(10)}  ${words}`
}
