import { parseReceipt, toBase64Url } from '@p2pmsg/protocol'
import { wordsOf } from '../receipt-file.ts'
import type { SendResult } from '../send-options.ts'
import type { Sender } from '../sender.ts'
import type { Surroundings } from './command.ts'
import { EXIT, type ExitCode } from './exit-code.ts'

/** What became of a message, for programs. */
export function jsonOf(result: SendResult) {
  const { receipt, ...said } = result
  const words = receipt && parseReceipt(receipt)
  return { ...said, ...(words?.ok && wordsOf(words.value)), receipt: receipt ? toBase64Url(receipt) : null }
}

/** What became of a message, for people. @param file where its receipt was written */
export function wordsOfResult(result: SendResult, feedUrl: string | undefined, file: string | undefined): string {
  const { stage, id, attempts, millis, receipt } = result
  const words = receipt && parseReceipt(receipt)
  const proof = words?.ok ? wordsOf(words.value) : undefined
  const tries = attempts === 1 ? 'at once' : `after ${attempts} tries`
  return [
    `${stage}  ${id}`,
    ...(proof ? [`  receipt   verified: position ${proof.position}, ${proof.durability}, ${proof.time}`] : []),
    ...(file === undefined ? [] : [`            in ${file}; p2pmsg verify ${file} checks it`]),
    `  took      ${millis.toFixed(1)} ms, ${tries}`,
    ...(feedUrl === undefined ? [] : [`  feed      ${feedUrl}`]),
  ].join('\n')
}

/** No receipt in time: the difference between nobody there and no word from them is the exit code. */
export function tellUnknown(
  sender: Sender,
  timeout: number,
  address: string,
  json: boolean,
  around: Surroundings,
): ExitCode {
  const { heard, trouble } = sender
  const error = heard ? 'timeout' : 'unreachable'
  const why = trouble === undefined ? '' : `: ${trouble}`
  if (json) around.say(JSON.stringify({ error, detail: trouble ?? null, address }))
  if (heard)
    around.note(`no receipt within ${timeout} s${why}. The message may still arrive; --timeout 0 waits for ever`)
  else
    around.note(`nobody took the message within ${timeout} s${why}. Is the address right? p2pmsg ping asks the router`)
  return heard ? EXIT.timeout : EXIT.unreachable
}
