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

/** A body's other forms, made once and kept as long as the body is. */
const made = new WeakMap<Buffer, Map<Encoding, Promise<Buffer>>>()

/** What the client takes and we like best (RFC 9110 §12.5.3). */
export function encodingOf(request: FastifyRequest): Encoding {
  if (request.headers['accept-encoding'] === undefined) return 'identity'
  const chosen = request.accepts().encoding(['br', 'gzip', 'identity'])
  return chosen === 'br' || chosen === 'gzip' ? chosen : 'identity'
}

export function isWorthIt(body: Buffer): boolean {
  return body.length >= BYTES_MIN
}

export function encoded(body: Buffer, encoding: Encoding): Promise<Buffer> | Buffer {
  if (encoding === 'identity') return body
  const forms = made.get(body) ?? new Map<Encoding, Promise<Buffer>>()
  made.set(body, forms)
  const form = forms.get(encoding) ?? compress(body, encoding)
  forms.set(encoding, form)
  return form
}

function compress(body: Buffer, encoding: 'br' | 'gzip'): Promise<Buffer> {
  if (encoding === 'gzip') return gzipped(body)
  const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_SIZE_HINT } = constants
  return brotlied(body, { params: { [BROTLI_PARAM_QUALITY]: BROTLI_QUALITY, [BROTLI_PARAM_SIZE_HINT]: body.length } })
}
