import {
  equalBytes,
  type Item,
  itemOf,
  openRecord,
  RECORD_SALT,
  type ReceiverRecord,
  recordTarget,
  type UdpAddress,
} from '@p2pmsg/protocol'
import type { Answer, Attempt, Call, Next } from './krpc/call.ts'
import type { KrpcSocket } from './krpc/krpc-socket.ts'

/** A full answer has a record, a token and nodes; a query of this many bytes more makes room for it (answers to strangers are ≤ 3×). */
const PAD = Buffer.alloc(400)
/** Transmissions without an answer before a router counts as silent. */
const TRIES = 3
/** A router that holds back the record pings us first. Its ping is under way when the answer comes; then we ask again, milliseconds. */
const PROOF_MS = 10
/** Times that a router may hold the record back before we take it that it has none. */
const PROOFS_MAX = 4

/** What one router said about a receiver. */
export type RouterAnswer = Readonly<{
  from: UdpAddress
  nodeId: Uint8Array
  /** Proves our address to this router, together with the receiver's target. */
  token: Uint8Array | undefined
  /** Undefined when the router holds none, or one that the receiver's key did not sign. */
  record: ReceiverRecord | undefined
  item: Item | undefined
}>

/** Asks one router for a receiver's record and a token (BEP 44 `get`). @returns undefined when it stays silent or answers an error */
export function fetchRecord(
  socket: KrpcSocket,
  to: UdpAddress,
  receiver: Uint8Array,
  signal?: AbortSignal,
): Promise<RouterAnswer | undefined> {
  return socket.run<RouterAnswer | undefined>((settle) => new RecordCall(socket, to, receiver, settle), signal)
}

class RecordCall implements Call {
  readonly timed = true
  readonly #timeoutMs: (to: UdpAddress) => number
  readonly #to: UdpAddress
  readonly #receiver: Uint8Array
  readonly #settle: (answer: RouterAnswer | undefined) => void
  #silent = 0
  #proofs = 0

  constructor(
    socket: KrpcSocket,
    to: UdpAddress,
    receiver: Uint8Array,
    settle: (answer: RouterAnswer | undefined) => void,
  ) {
    this.#timeoutMs = (peer) => socket.timeoutMs(peer)
    this.#to = to
    this.#receiver = receiver
    this.#settle = settle
  }

  attempt(): Attempt | undefined {
    if (this.#silent === TRIES) return undefined
    const waitMs = this.#timeoutMs(this.#to) * 2 ** this.#silent++
    return {
      datagram: { to: this.#to, method: 'get', args: { target: recordTarget(this.#receiver), pad: PAD } },
      waitMs,
    }
  }

  answered(answer: Answer): Next {
    if (answer.kind === 'error') return this.#done(undefined)
    const { body, from, id } = answer
    const token = body.bytes('token')
    if (body.raw('v') === undefined && this.#proofs < PROOFS_MAX) {
      this.#proofs++
      this.#silent = 0
      return { againInMs: PROOF_MS }
    }
    return this.#done({ from, nodeId: id, token, ...recordIn(body, this.#receiver) })
  }

  unanswered(): void {
    this.#settle(undefined)
  }

  #done(answer: RouterAnswer | undefined): Next {
    this.#settle(answer)
    return 'done'
  }
}

/** A `get` reply leaves out the salt, which the asker knows (BEP 44). */
function recordIn(body: Parameters<typeof itemOf>[0], receiver: Uint8Array): Pick<RouterAnswer, 'record' | 'item'> {
  const read = itemOf(body)
  const nothing = { record: undefined, item: undefined }
  if (!read.ok || !equalBytes(read.value.key, receiver)) return nothing
  const item = { ...read.value, salt: RECORD_SALT }
  const record = openRecord(item)
  return record.ok ? { record: record.value, item } : nothing
}
