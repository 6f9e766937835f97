import { setTimeout as sleep } from 'node:timers/promises'
import { fromBase64Url, isRefusalCode, MESSAGE_MEDIA_TYPE } from '@p2pmsg/protocol'
import { resendMs } from '../backoff.ts'
import type { Outcome } from '../delivery.ts'
import { HttpFailure } from '../failures.ts'
import { type Expected, type Verdict, verdictOfCode, verdictOfStage } from '../verdict.ts'
import { fetchJson, type JsonAnswer, members } from './fetch-json.ts'

export type PostOptions = Readonly<{
  url: string
  /** The canonical bencoding of the message. */
  bytes: Uint8Array
  expected: Expected
  untilLogged: boolean
  signal: AbortSignal
  onUseless: (why: string) => void
}>

/** The way for messages that no datagram holds: the same verdicts as over UDP, repeated in the same way. @throws the signal's reason */
export async function postMessage(options: PostOptions): Promise<Outcome> {
  for (let attempts = 1; ; attempts++) {
    const verdict = await postOnce(options)
    if (verdict.kind === 'accepted' || verdict.kind === 'refused') return { verdict, attempts }
    if (verdict.kind === 'logged' && options.untilLogged) return { verdict, attempts }
    if (verdict.kind === 'useless') options.onUseless(verdict.why)
    const retryAfterMs = verdict.kind === 'later' ? verdict.retryAfterMs : undefined
    await sleep(retryAfterMs ?? resendMs(attempts - 1), undefined, { signal: options.signal })
  }
}

async function postOnce({ url, bytes, expected, signal }: PostOptions): Promise<Verdict> {
  try {
    const headers = { 'content-type': MESSAGE_MEDIA_TYPE, accept: 'application/json' }
    const answer = await fetchJson(new URL(url), { method: 'POST', headers, body: bytes }, signal)
    return verdictOfAnswer(answer, expected)
  } catch (error) {
    if (error instanceof HttpFailure) return { kind: 'useless', why: error.message }
    throw error
  }
}

function verdictOfAnswer({ status, body, retryAfterMs }: JsonAnswer, expected: Expected): Verdict {
  const { stage, receipt, code } = members(body)
  if (typeof code === 'string' && isRefusalCode(code)) return verdictOfCode(code, retryAfterMs, undefined)
  if (status >= 300 || typeof stage !== 'string') return { kind: 'useless', why: `HTTP ${status}` }
  const bytes = typeof receipt === 'string' ? fromBase64Url(receipt) : undefined
  return verdictOfStage(stage, bytes, expected)
}
