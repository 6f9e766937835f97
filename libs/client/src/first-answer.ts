import { setTimeout as sleep } from 'node:timers/promises'

/** Head start of each candidate over the next, milliseconds: RFC 8305 §5 recommends 250. */
const HEAD_START_MS = 250

/**
 * Asks all, one after the other with a head start, and takes the first answer: one dead address of several costs a quarter of
 * a second and not its whole timeout (RFC 8305, "Happy Eyeballs").
 * @returns undefined when nobody answered
 * @throws the signal's reason
 */
export async function firstAnswer<A, T>(
  candidates: readonly A[],
  ask: (candidate: A, signal: AbortSignal) => Promise<T | undefined>,
  signal: AbortSignal,
): Promise<T | undefined> {
  const settled = new AbortController()
  const scope = AbortSignal.any([signal, settled.signal])
  const questions = candidates.map(async (candidate, i) => {
    if (i > 0) await sleep(i * HEAD_START_MS, undefined, { signal: scope })
    const answer = await ask(candidate, scope)
    if (answer === undefined) throw new Error('no answer')
    return answer
  })
  try {
    return await Promise.any(questions)
  } catch {
    signal.throwIfAborted()
    return undefined
  } finally {
    settled.abort()
  }
}
