import type { Readable } from 'node:stream'

export const LINE_CHARS_MAX = 4_096 // a longer line is cut: a broken child must not fill our memory

/** Calls `onLine` with each line of a stream, without its ending; what stands after the last newline counts as a line. */
export function eachLine(stream: Readable, onLine: (line: string) => void): void {
  let rest = ''
  let cut = false // the line under way was too long and has been given out already
  const give = (line: string): void => {
    if (!cut) onLine(line.endsWith('\r') ? line.slice(0, -1) : line)
    cut = false
  }
  stream.setEncoding('utf8')
  stream.on('data', (text: string) => {
    const parts = (rest + text).split('\n')
    rest = parts.pop() ?? ''
    for (const part of parts) give(part.length > LINE_CHARS_MAX ? `${part.slice(0, LINE_CHARS_MAX)}…` : part)
    if (rest.length > LINE_CHARS_MAX) {
      give(`${rest.slice(0, LINE_CHARS_MAX)}…`)
      cut = true
      rest = ''
    }
  })
  stream.once('end', () => {
    if (rest !== '') give(rest)
  })
}
