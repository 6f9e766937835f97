// What strangers wrote must not steer a terminal: control characters (C0, DEL, C1) move its cursor and rewrite what was said
// before; the bidirectional ones (UAX #9) make text read as it is not written.
const STEERING = /(?![\n\t])\p{Cc}|\p{Bidi_Control}|[\u2028\u2029]/gu

/** A stranger's text, several lines of it. */
export function printable(text: string): string {
  return text.replace(/\r\n?/g, '\n').replace(STEERING, '').replaceAll('\t', '    ')
}

/** A stranger's text, on one line. */
export function printableLine(text: string): string {
  return printable(text).replace(/\s+/gu, ' ').trim()
}
