import type { Reader } from '../bytes/reader.ts'
import type { Writer } from '../bytes/writer.ts'

/** How a message came in; the index is its number on the bus. */
export const DIALECTS = ['krpc', 'pipe', 'telex', 'http', 'import'] as const
export type Dialect = (typeof DIALECTS)[number]

/**
 * One message as the edge received it. On the bus, big-endian:
 *   received_ms  u64   Unix time at the edge, milliseconds
 *   dialect      u8    index in DIALECTS
 *   payload      u32 length, bytes: the message in canonical bencode; of a telex, a {@link LegacyMessage}
 *
 * The sender's network address is not in it: nothing behind the edge needs it, so nothing behind the edge can leak it.
 */
export type Envelope = Readonly<{
  receivedMs: number
  dialect: Dialect
  payload: Uint8Array
}>

/** Bytes of an envelope beside its payload. */
export const ENVELOPE_HEADER_BYTES = 8 + 1 + 4

export function writeEnvelope(writer: Writer, envelope: Envelope): void {
  writer.u64(envelope.receivedMs)
  writeDialect(writer, envelope.dialect)
  writer.blob(envelope.payload)
}

export function readEnvelope(reader: Reader): Envelope {
  return { receivedMs: reader.safe(), dialect: readDialect(reader), payload: reader.blob() }
}

export function writeDialect(writer: Writer, dialect: Dialect): void {
  writer.u8(DIALECTS.indexOf(dialect))
}

export function readDialect(reader: Reader): Dialect {
  const dialect = DIALECTS[reader.u8()]
  if (!dialect) reader.fail()
  return dialect ?? 'krpc'
}
