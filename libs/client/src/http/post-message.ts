import { setTimeout as sleep } from 'node:timers/promises'
import { fromBase64Url, isRefusalCode, MESSAGE_MEDIA_TYPE } from '@p2pmsg/protocol'
import { resendMs } from '../backoff.ts'
import { HttpFailure } from '../failures.ts'
import { type Expected, type Verdict, verdictOfCode, verdictOfStage } from '../verdict.ts'
import type { FinalVerdict, Parcel } from '../ways/parcel.ts'
import { boundedFetch, members, retryAfterMs } from './bounded-fetch.ts'

/** Whether a request can be made of a URL: the Fetch standard makes none of one that holds credentials. */
export function isPostable(url: string): boolean {
  const { username, password } = new URL(url)
  return username === '' && password === ''
}

/**
 * Posts a message until there is a verdict, the same ones as over UDP and repeated in the same way.
 * @throws the signal's reason
 */
export async function postMessage(
  url: string,
  parcel: Parcel,
  signal: AbortSignal,
  onUseless: (why: string) => void,
): Promise<FinalVerdict> {
  for (let posted = 0; ; posted++) {
    parcel.attempts++
    const verdict = await postOnce(url, parcel, signal)
    if (verdict.kind === 'accepted' || verdict.kind === 'refused') return verdict
    if (verdict.kind === 'logged' && parcel.untilLogged) return verdict
    if (verdict.kind === 'useless') onUseless(verdict.why)
    if (verdict.kind === 'later') parcel.onPutOff(verdict.code)
    const retryAfterMs = verdict.kind === 'later' ? verdict.retryAfterMs : undefined
    await sleep(retryAfterMs ?? resendMs(posted), undefined, { signal })
  }
}

async function postOnce(url: string, { bytes, expected }: Parcel, signal: AbortSignal): Promise<Verdict> {
  try {
    const headers = { 'content-type': MESSAGE_MEDIA_TYPE, accept: 'application/json' }
    const response = await boundedFetch(new Request(url, { method: 'POST', headers, body: bytes, signal }))
    return verdictOf(response, await bodyOf(response), expected)
  } catch (error) {
    if (error instanceof HttpFailure) return { kind: 'useless', why: error.message }
    throw error
  }
}

/** Undefined where it is no JSON: a proxy answers in the router's place. */
function bodyOf(response: Response): Promise<unknown> {
  return response.json().catch(() => undefined)
}

function verdictOf(response: Response, body: unknown, expected: Expected): Verdict {
  const { stage, receipt, code } = members(body)
  if (typeof code === 'string' && isRefusalCode(code)) return verdictOfCode(code, retryAfterMs(response), undefined)
  if (!response.ok || typeof stage !== 'string') return { kind: 'useless', why: `HTTP ${response.status}` }
  const bytes = typeof receipt === 'string' ? fromBase64Url(receipt) : undefined
  return verdictOfStage(stage, bytes, expected)
}
