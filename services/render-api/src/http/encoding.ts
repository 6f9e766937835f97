import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import type { FastifyRequest } from 'fastify'

export type Encoding = 'br' | 'gzip' | 'identity'

const gzipped = promisify(gzip)
const brotlied = promisify(brotliCompress)
/** Above this, the time to compress outweighs what a page saves. */
const BROTLI_QUALITY = 4
/** Smaller bodies are sent as they are, bytes. */
const BYTES_MIN = 1_024

/** Headers whose meaning is remembered, and the longest of them, UTF-16 code units: browsers send few different ones. */
const HEADERS_MAX = 256
const HEADER_LENGTH_MAX = 128

/** A body's other forms, made once and kept as long as the body is. */
const made = new WeakMap<Buffer, Map<Encoding, Promise<Buffer> | Buffer>>()
const chosen = new Map<string, Encoding>() // bounded by HEADERS_MAX and HEADER_LENGTH_MAX

/** What the client takes and we like best (RFC 9110 §12.5.3). */
export function encodingOf(request: FastifyRequest): Encoding {
  const header = request.headers['accept-encoding']
  if (header === undefined) return 'identity'
  const known = chosen.get(header)
  if (known) return known
  const best = request.accepts().encoding(['br', 'gzip', 'identity'])
  const encoding = best === 'br' || best === 'gzip' ? best : 'identity'
  if (header.length <= HEADER_LENGTH_MAX && chosen.size < HEADERS_MAX) chosen.set(header, encoding)
  return encoding
}

export function isWorthIt(body: Buffer): boolean {
  return body.length >= BYTES_MIN
}

export function encoded(body: Buffer, encoding: Encoding): Promise<Buffer> | Buffer {
  if (encoding === 'identity') return body
  const forms = made.get(body) ?? new Map<Encoding, Promise<Buffer> | Buffer>()
  made.set(body, forms)
  const form = forms.get(encoding) ?? compress(body, encoding).then((bytes) => (forms.set(encoding, bytes), bytes))
  forms.set(encoding, form)
  return form
}

function compress(body: Buffer, encoding: 'br' | 'gzip'): Promise<Buffer> {
  if (encoding === 'gzip') return gzipped(body)
  const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_SIZE_HINT } = constants
  return brotlied(body, { params: { [BROTLI_PARAM_QUALITY]: BROTLI_QUALITY, [BROTLI_PARAM_SIZE_HINT]: body.length } })
}
