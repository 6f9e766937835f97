import { HttpFailure } from '../failures.ts'

/** Longest answer that is read, bytes: a page of 200 messages with their largest bodies. */
const ANSWER_BYTES_MAX = 32 << 20
/** Longest that one request may take, milliseconds. */
const REQUEST_MS_MAX = 15_000

export type JsonAnswer = Readonly<{ status: number; retryAfterMs: number | undefined; body: unknown }>

/**
 * One HTTP exchange whose answer is JSON (or nothing). Redirects are followed; the answer's length and time are bounded.
 * @throws {HttpFailure} nobody answered, or not in time, or with something else than JSON; or the signal's reason
 */
export async function fetchJson(url: URL, init: RequestInit, signal?: AbortSignal): Promise<JsonAnswer> {
  const deadline = AbortSignal.timeout(REQUEST_MS_MAX)
  const scope = signal ? AbortSignal.any([signal, deadline]) : deadline
  try {
    const response = await fetch(url, { ...init, signal: scope })
    const text = await textOf(response)
    const body: unknown = text === '' ? undefined : JSON.parse(text)
    return { status: response.status, retryAfterMs: retryAfter(response), body }
  } catch (cause) {
    signal?.throwIfAborted()
    if (cause instanceof SyntaxError)
      throw new HttpFailure(`${url.origin} answered something that is not JSON`, 'not-json')
    if (cause instanceof HttpFailure) throw cause
    throw new HttpFailure(`${url.origin} does not answer${reasonOf(cause)}`, 'unreachable', undefined, { cause })
  }
}

/** `fetch` says only that it failed; what the system said is underneath. */
function reasonOf(error: unknown): string {
  const { code } = members(error instanceof Error ? error.cause : undefined)
  return typeof code === 'string' ? ` (${code})` : ''
}

async function textOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of response.body ?? []) {
    length += chunk.length
    if (length > ANSWER_BYTES_MAX) throw new HttpFailure(`the answer is over ${ANSWER_BYTES_MAX} bytes`, 'too-long')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** RFC 9110 §10.2.3; the form with a date is not used by our services. */
function retryAfter(response: Response): number | undefined {
  const text = response.headers.get('retry-after') ?? ''
  return /^\d{1,6}$/.test(text) ? Number(text) * 1000 : undefined
}

/** The members of a JSON object; none when it is something else. */
export function members(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
