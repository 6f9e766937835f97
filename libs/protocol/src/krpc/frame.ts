import { type BencodeFault, decodePrefix } from '../bytes/bencode.ts'
import { Dict } from '../bytes/dict.ts'
import { ID_BYTES } from '../kademlia/id.ts'
import { faulty, type Parsed, parsed } from '../parsed.ts'

/**
 * A KRPC datagram (BEP 5): one bencoded dict.
 *   t   0–64 bytes    transaction id, echoed as it came
 *   y   q | r | e
 *   q   text          method, of a query
 *   a   dict          arguments, with `id` of 20 bytes
 *   ro  1             the sender answers no queries (BEP 43)
 *   r   dict          reply, with `id`
 *   e   [int, text]   error
 *   v   4 bytes       client version, ignored
 *   ip  6 or 18 bytes the address that the answerer saw (BEP 42)
 * Keys out of order, unknown keys and bytes behind the dict are tolerated, as others do.
 */
export type Frame =
  | Readonly<{
      kind: 'query'
      t: Uint8Array
      method: string
      args: Dict
      id: Uint8Array
      readOnly: boolean
    }>
  | Readonly<{ kind: 'reply'; t: Uint8Array; body: Dict; id: Uint8Array; ip: Uint8Array | undefined }>
  | Readonly<{ kind: 'error'; t: Uint8Array; code: number; text: string }>

export type FrameFault =
  | BencodeFault
  | 'not-a-dict'
  | 'bad-transaction-id'
  | 'bad-kind'
  | 'bad-method'
  | 'bad-arguments'
  | 'bad-id'

const TRANSACTION_BYTES_MAX = 64
const METHOD_BYTES_MAX = 32
const ERROR_TEXT_CHARACTERS_MAX = 200

/** Never throws; what cannot be answered sensibly is a fault and gets no answer. */
export function parseFrame(bytes: Uint8Array): Parsed<Frame, FrameFault> {
  const decoded = decodePrefix(bytes)
  if (!decoded.ok) return decoded
  const dict = decoded.value.value
  if (!(dict instanceof Dict)) return faulty('not-a-dict')
  const t = dict.bytes('t')
  if (!t || t.length > TRANSACTION_BYTES_MAX) return faulty('bad-transaction-id')
  const y = dict.bytes('y')
  switch (y?.length === 1 ? String.fromCharCode(y[0] as number) : '') {
    case 'q':
      return parseQuery(dict, t)
    case 'r':
      return parseReply(dict, t)
    case 'e':
      return parseError(dict, t)
    default:
      return faulty('bad-kind')
  }
}

function parseQuery(dict: Dict, t: Uint8Array): Parsed<Frame, FrameFault> {
  const method = dict.bytes('q')
  if (!method || method.length > METHOD_BYTES_MAX) return faulty('bad-method')
  const args = dict.dict('a')
  if (!args) return faulty('bad-arguments')
  const id = args.bytes('id')
  if (id?.length !== ID_BYTES) return faulty('bad-id')
  return parsed({
    kind: 'query',
    t,
    method: Buffer.from(method).toString('latin1'),
    args,
    id,
    readOnly: dict.int('ro') === 1n,
  })
}

function parseReply(dict: Dict, t: Uint8Array): Parsed<Frame, FrameFault> {
  const body = dict.dict('r')
  if (!body) return faulty('bad-arguments')
  const id = body.bytes('id')
  if (id?.length !== ID_BYTES) return faulty('bad-id')
  return parsed({ kind: 'reply', t, body, id, ip: dict.bytes('ip') })
}

function parseError(dict: Dict, t: Uint8Array): Parsed<Frame, FrameFault> {
  const [code, text] = dict.list('e') ?? []
  return parsed({
    kind: 'error',
    t,
    code: typeof code === 'bigint' ? Number(code) : 0,
    text: text instanceof Uint8Array ? Buffer.from(text.subarray(0, ERROR_TEXT_CHARACTERS_MAX)).toString('latin1') : '',
  })
}
