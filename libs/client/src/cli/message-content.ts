import { VALUE_HTTP_BYTES_MAX } from '@p2pmsg/protocol'
import type { MessageDraft } from '../compose.ts'
import type { Surroundings } from './command.ts'
import { UsageError } from './exit-code.ts'

/**
 * What a message says: the words of the command line, or all of standard input (one line feed at the end of a text is the
 * shell's, not the author's).
 * @throws {UsageError} when there is nothing to send, or too much
 */
export async function readContent(
  words: readonly string[],
  type: string | undefined,
  stdin: Surroundings['stdin'],
): Promise<MessageDraft> {
  const named = type === undefined ? {} : { type }
  const isText = type === undefined || type.startsWith('text/')
  if (!isText) return { ...named, body: await readBytes(words, stdin) }
  const text = await readInput(words, stdin)
  if (text.length === 0) throw new UsageError('nothing to send: the text is empty')
  return { ...named, body: text }
}

/** The words of the command line; or all of standard input, without the line feed that is the shell's. @throws {UsageError} */
export async function readInput(words: readonly string[], stdin: Surroundings['stdin']): Promise<Uint8Array> {
  const bytes = await readBytes(words, stdin)
  return isStdin(words) && bytes.at(-1) === LINE_FEED ? bytes.subarray(0, -1) : bytes
}

const LINE_FEED = 0x0a

async function readBytes(words: readonly string[], stdin: Surroundings['stdin']): Promise<Uint8Array> {
  if (words.length === 0 && stdin.isTTY) throw new UsageError('nothing to send: give the text, or pipe it in')
  return isStdin(words) ? readBounded(stdin) : Buffer.from(words.join(' '))
}

function isStdin(words: readonly string[]): boolean {
  return words.length === 0 || (words.length === 1 && words[0] === '-')
}

async function readBounded(stdin: Surroundings['stdin']): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of stdin) {
    const bytes = Buffer.from(chunk as Uint8Array)
    length += bytes.length
    if (length > VALUE_HTTP_BYTES_MAX) throw new UsageError(`a message holds at most ${VALUE_HTTP_BYTES_MAX} bytes`)
    chunks.push(bytes)
  }
  return Buffer.concat(chunks)
}
