/**
 * One-dimensional arrays in the binary form of Postgres (array_recv in src/backend/utils/adt/arrayfuncs.c), so that a batch
 * of thousands of rows is a handful of parameters without any text to write and parse. Big-endian:
 *   dimensions  i32  1, or 0 for an empty array, which then ends after the element type
 *   has nulls   i32  0 or 1
 *   type        i32  OID of the elements
 *   length      i32
 *   lower bound i32  1
 *   elements    each: i32 length (−1 = null), bytes
 */
const HEADER_BYTES = 20
const EMPTY_BYTES = 12
/** OIDs of the built-in types (src/include/catalog/pg_type.dat). */
const OID = { bytea: 17, int8: 20, int2: 21, text: 25 } as const
type Type = keyof typeof OID
const NULL_LENGTH = -1

export function byteaArray(values: readonly (Uint8Array | undefined)[]): Buffer {
  return write('bytea', values)
}

/** @param values without U+0000 and lone surrogates, which Postgres refuses */
export function textArray(values: readonly string[]): Buffer {
  return write(
    'text',
    values.map((value) => Buffer.from(value, 'utf8')),
  )
}

export function int2Array(values: readonly number[]): Buffer {
  const array = begin('int2', values.length, values.length * 6, false)
  values.forEach((value, i) => {
    array.writeInt32BE(2, HEADER_BYTES + i * 6)
    array.writeInt16BE(value, HEADER_BYTES + i * 6 + 4)
  })
  return array
}

export function int8Array(values: readonly (bigint | number | undefined)[]): Buffer {
  const nulls = values.reduce<number>((count, value) => count + (value === undefined ? 1 : 0), 0)
  const array = begin('int8', values.length, values.length * 12 - nulls * 8, nulls > 0)
  let at = HEADER_BYTES
  for (const value of values) {
    at = array.writeInt32BE(value === undefined ? NULL_LENGTH : 8, at)
    if (value !== undefined) at = array.writeBigInt64BE(BigInt(value), at)
  }
  return array
}

function write(type: Type, values: readonly (Uint8Array | undefined)[]): Buffer {
  let bytes = 0
  let nulls = false
  for (const value of values) {
    bytes += 4 + (value?.length ?? 0)
    nulls ||= value === undefined
  }
  const array = begin(type, values.length, bytes, nulls)
  let at = HEADER_BYTES
  for (const value of values) {
    at = array.writeInt32BE(value?.length ?? NULL_LENGTH, at)
    if (value) array.set(value, at)
    at += value?.length ?? 0
  }
  return array
}

function begin(type: Type, length: number, elementBytes: number, nulls: boolean): Buffer {
  const array = Buffer.allocUnsafe(length === 0 ? EMPTY_BYTES : HEADER_BYTES + elementBytes)
  array.writeInt32BE(length === 0 ? 0 : 1, 0)
  array.writeInt32BE(nulls ? 1 : 0, 4)
  array.writeInt32BE(OID[type], 8)
  if (length === 0) return array
  array.writeInt32BE(length, 12)
  array.writeInt32BE(1, 16)
  return array
}
