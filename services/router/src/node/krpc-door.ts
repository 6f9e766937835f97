import {
  encodeError,
  encodeRefusal,
  type ItemFault,
  type KademliaNode,
  type KrpcQuery,
  type Outgoing,
  parseFrame,
  queryOf,
  quickQuery,
  recordTarget,
  type UdpAddress,
  VALUE_UDP_BYTES_MAX,
} from '@p2pmsg/protocol'
import type { Admission } from '../edge/admission.ts'
import type { Intake } from '../edge/intake.ts'
import { datagram, malformedKrpc } from '../events.ts'
import type { Receivers } from '../receivers.ts'
import { AcceptedReply } from './accepted-reply.ts'
import { type AnsweringNode, KrpcWaiter } from './krpc-waiter.ts'
import {
  type AnswerFrame,
  type MessageQuery,
  messageQueryOf,
  type QueryFrame,
  quickMessageQuery,
} from './message-query.ts'
import type { Pings } from './pings.ts'

/** BEP 5's protocol error; BEP 44's for a salt that is too long. */
const PROTOCOL_ERROR = 203
const SALT_TOO_LONG = 207

export type KrpcParts = Readonly<{
  admission: Admission
  node: KademliaNode
  pings: Pings
  receivers: Receivers
  intake: Intake
}>

/**
 * KRPC datagrams: shape, proof and rate; then queries and answers go to the node, and messages to the intake. How much may be sent
 * back is decided here, from admission; the node fits its answers into that.
 *
 * The one method that is ours is `msg`, a message (BEP 44's members) for the receiver that its salt names:
 *   a  id 20 bytes, token, k 32, salt 32–64, seq int64, v ≤ 900 bencoded, sig 64
 *      token: from a `get` of the receiver's record, target SHA-1(receiver key ‖ "p2pmsg")
 *   r  id 20 bytes, mid 32 (the message's id), stage "logged" | "accepted", receipt (of an accepted one)
 *   e  [number, text]; the text is a refusal's code and its hints (`encodeRefusal`), or starts with "token"
 * `logged` may be followed by a second reply under the same transaction id.
 */
export class KrpcDoor {
  readonly #parts: KrpcParts
  readonly #answering: AnsweringNode

  constructor(parts: KrpcParts) {
    this.#parts = parts
    const { id } = parts.node
    this.#answering = { id, accepted: new AcceptedReply(id) }
  }

  receive(bytes: Uint8Array, from: UdpAddress, nowMs: number, out: Outgoing[]): void {
    const quick = quickMessageQuery(bytes)
    if (quick) return this.#message(quick, bytes.length, from, nowMs, out)
    const query = quickQuery(bytes)
    if (query) return this.#query(query, bytes.length, from, nowMs, out)
    const frame = parseFrame(bytes)
    if (!frame.ok) malformedKrpc(frame.fault)
    else if (frame.value.kind !== 'query') this.#answer(frame.value, from, nowMs, out)
    else if (frame.value.method === 'msg') this.#anyMessage(frame.value, bytes.length, from, nowMs, out)
    else this.#query(queryOf(frame.value), bytes.length, from, nowMs, out)
  }

  #answer(answer: AnswerFrame, from: UdpAddress, nowMs: number, out: Outgoing[]): void {
    const { pings, admission, node } = this.#parts
    if (pings.isPong(answer.t, from.ip, nowMs)) {
      admission.prove(from.ip, nowMs)
      return datagram('pong')
    }
    datagram(node.awaits(answer.t) ? 'answer' : 'unsolicited')
    out.push(...node.settle(answer, from, nowMs))
  }

  #query(query: KrpcQuery, requestBytes: number, from: UdpAddress, nowMs: number, out: Outgoing[]): void {
    const { admission, node } = this.#parts
    const peer = admission.proved(from.ip, nowMs)
    if (!(peer ? peer.take(nowMs) : admission.takeUnproved(from.ip, nowMs))) return datagram('rate-limited')
    const answers = node.answer(query, admission.allowance(requestBytes, nowMs), from, nowMs)
    if (!peer) {
      const bytes = answers.reduce((sum, answer) => sum + answer.bytes.length, 0)
      if (bytes === 0 || !admission.takeReply(bytes, requestBytes, nowMs)) return datagram('capped')
    }
    out.push(...answers)
    datagram('taken')
  }

  #anyMessage(query: QueryFrame, requestBytes: number, from: UdpAddress, nowMs: number, out: Outgoing[]): void {
    const message = messageQueryOf(query)
    if (message.ok) this.#message(message.value, requestBytes, from, nowMs, out)
    else this.#complain(malformed(query.t, message.fault), requestBytes, from, nowMs, out)
  }

  #message(message: MessageQuery, requestBytes: number, from: UdpAddress, nowMs: number, out: Outgoing[]): void {
    const { admission, receivers, intake } = this.#parts
    const { t, token, receiver } = message
    const target = receivers.find(receiver)?.target ?? recordTarget(receiver)
    const peer = token && admission.proveByToken(from.ip, token, target, nowMs)
    if (!peer) return this.#complain(badToken(t), requestBytes, from, nowMs, out)
    if (!peer.take(nowMs)) {
      const retryAfterMs = peer.scold(nowMs)
      if (retryAfterMs !== undefined) {
        out.push({ to: from, bytes: encodeRefusal(t, 'rate-limited', { retryAfterMs }) })
      }
      return datagram('rate-limited')
    }
    datagram('taken')
    intake.submit(message, 'krpc', VALUE_UDP_BYTES_MAX, new KrpcWaiter(t, from, this.#answering), nowMs, out)
  }

  /** An error to somebody whose datagram proves nothing; never longer than that datagram. */
  #complain(error: Uint8Array, requestBytes: number, from: UdpAddress, nowMs: number, out: Outgoing[]): void {
    const { admission } = this.#parts
    const peer = admission.proved(from.ip, nowMs)
    if (!(peer ? peer.take(nowMs) : admission.takeUnproved(from.ip, nowMs))) return datagram('rate-limited')
    const fits = error.length <= requestBytes
    if (!fits || (!peer && !admission.takeReply(error.length, requestBytes, nowMs))) return datagram('capped')
    out.push({ to: from, bytes: error })
    datagram('bad-message')
  }
}

function malformed(t: Uint8Array, fault: ItemFault): Uint8Array {
  return encodeRefusal(t, 'malformed', fault === 'salt-too-long' ? { number: SALT_TOO_LONG } : {})
}

/** A refusal's text starts with its code; this is none: the sender fetches another token and goes on. */
function badToken(t: Uint8Array): Uint8Array {
  return encodeError(t, PROTOCOL_ERROR, 'token is wrong or has expired')
}
