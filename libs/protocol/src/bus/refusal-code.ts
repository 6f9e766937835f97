import type { Reader } from '../bytes/reader.ts'
import type { Writer } from '../bytes/writer.ts'
import { REFUSAL_CODES, type RefusalCode } from '../codes.ts'

/** A refusal code on the bus: u8, index in REFUSAL_CODES. */
export function writeCode(writer: Writer, code: RefusalCode): void {
  writer.u8(REFUSAL_CODES.indexOf(code))
}

/** An unknown number fails the reader. */
export function readCode(reader: Reader): RefusalCode {
  const code = REFUSAL_CODES[reader.u8()]
  if (!code) reader.fail()
  return code ?? 'malformed'
}
