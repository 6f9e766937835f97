import { createParser } from 'eventsource-parser'
import { HttpFailure } from '../failures.ts'

/** Most characters of one event that has not ended yet: the largest message (64 KiB), each byte of it escaped in JSON, and room. */
const EVENT_CHARACTERS_MAX = 1 << 20
/** A live feed says something at least every 10 s; a line that is silent for this long is dead, milliseconds. */
const SILENCE_MS_MAX = 35_000

/** One block of the stream. Without data it is an `id` alone: where to come back to before anything has happened. */
export type StreamEvent = Readonly<{ id: string | undefined; name: string; data: string | undefined }>

/**
 * The events of one connection (HTML Living Standard §9.2), as fast as they are taken: what is not taken stays in the socket.
 * @param onRetry how long the server wants its readers to wait before they come back, milliseconds
 * @throws {HttpFailure} `silent`, `too-long`; or what the connection breaks with
 */
export async function* eventsOf(
  body: ReadableStream<Uint8Array>,
  onRetry: (ms: number) => void,
): AsyncGenerator<StreamEvent> {
  const events: StreamEvent[] = [] // bounded by what one chunk of the socket holds
  let isTooLong = false
  const parser = createParser({
    maxBufferSize: EVENT_CHARACTERS_MAX,
    onRetry,
    // It comes before the event of the same block, if there is one.
    onId: (id) => events.push({ id, name: '', data: undefined }),
    onEvent: ({ id, event: name = 'message', data }) => {
      if (id !== undefined) events.pop()
      events.push({ id, name, data })
    },
    onError: ({ type }) => {
      isTooLong ||= type === 'max-buffer-size-exceeded'
    },
  })
  const decoder = new TextDecoder()
  const reader = body.getReader()
  try {
    for (;;) {
      const { done, value } = await withinSilence(reader.read())
      if (done) return
      parser.feed(decoder.decode(value, { stream: true }))
      yield* events.splice(0)
      if (isTooLong) throw new HttpFailure(`an event is over ${EVENT_CHARACTERS_MAX} characters`, 'too-long')
    }
  } finally {
    await reader.cancel().catch(() => undefined) // broken already: whoever reads has been told
  }
}

async function withinSilence<T>(read: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new HttpFailure('the line is silent', 'silent')), SILENCE_MS_MAX)
  try {
    return await Promise.race([read, promise])
  } finally {
    clearTimeout(timer)
  }
}
