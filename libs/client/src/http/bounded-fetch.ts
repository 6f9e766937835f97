import { HttpFailure } from '../failures.ts'

/** Longest answer that is read, bytes: a page of 200 messages with their largest bodies. */
const ANSWER_BYTES_MAX = 32 << 20
/** Longest that one request may take, milliseconds. */
const REQUEST_MS_MAX = 15_000

/**
 * One HTTP exchange whose answer has been read to its end, within bounds of length and time. Redirects are followed.
 * @throws {HttpFailure} nobody answered, or not in time, or too much; or the reason of the request's own signal
 */
export async function boundedFetch(request: Request): Promise<Response> {
  const deadline = AbortSignal.timeout(REQUEST_MS_MAX)
  try {
    return await buffered(await fetch(request, { signal: AbortSignal.any([request.signal, deadline]) }))
  } catch (cause) {
    request.signal.throwIfAborted()
    throw cause instanceof HttpFailure ? cause : unreachable(request.url, cause)
  }
}

/** What `fetch` throws says only that it failed; what the system said is underneath. */
export function unreachable(url: string, cause: unknown): HttpFailure {
  const { code } = members(cause instanceof Error ? cause.cause : undefined)
  const reason = typeof code === 'string' ? ` (${code})` : ''
  return new HttpFailure(`${new URL(url).origin} does not answer${reason}`, 'unreachable', {}, { cause })
}

/** The same with its body read. @throws {HttpFailure} `too-long` */
export async function buffered(response: Response): Promise<Response> {
  const bytes = await bytesOf(response)
  const { status, statusText, headers } = response
  return new Response(bytes.length === 0 ? null : bytes, { status, statusText, headers })
}

async function bytesOf(response: Response): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of response.body ?? []) {
    length += chunk.length
    if (length > ANSWER_BYTES_MAX) throw new HttpFailure(`the answer is over ${ANSWER_BYTES_MAX} bytes`, 'too-long')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** RFC 9110 §10.2.3, milliseconds; the form with a date is not used by our services. */
export function retryAfterMs({ headers }: Response): number | undefined {
  const text = headers.get('retry-after') ?? ''
  return /^\d{1,6}$/.test(text) ? Number(text) * 1000 : undefined
}

/** The members of a JSON object; none when it is something else. */
export function members(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
