import { addAbortSignal, type Readable } from 'node:stream'
import { VALUE_HTTP_BYTES_MAX } from '@p2pmsg/protocol'
import { UsageError } from './exit-code.ts'

const [LINE_FEED, CARRIAGE_RETURN] = [0x0a, 0x0d]

/**
 * The lines of a stream that are not empty, without their ends, read no faster than they are taken.
 * @throws {UsageError} a line is longer than any message; or that the signal was aborted
 */
export async function* linesOf(stream: Readable, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  let rest = Buffer.alloc(0) // BOUNDED by VALUE_HTTP_BYTES_MAX and one chunk
  for await (const chunk of addAbortSignal(signal, stream)) {
    let bytes = Buffer.concat([rest, chunk as Uint8Array])
    for (let end = bytes.indexOf(LINE_FEED); end >= 0; end = bytes.indexOf(LINE_FEED)) {
      const line = trimmed(bytes.subarray(0, end))
      if (line.length > 0) yield line
      bytes = bytes.subarray(end + 1)
    }
    if (bytes.length > VALUE_HTTP_BYTES_MAX)
      throw new UsageError(`a line is a message, which holds at most ${VALUE_HTTP_BYTES_MAX} bytes`)
    rest = bytes
  }
  const last = trimmed(rest)
  if (last.length > 0) yield last
}

function trimmed(line: Buffer): Uint8Array {
  return line.at(-1) === CARRIAGE_RETURN ? line.subarray(0, -1) : line
}
