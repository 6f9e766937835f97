import {
  type Outgoing,
  parseIp,
  parseMessage,
  receiverOf,
  toBase64Url,
  toHex,
  VALUE_HTTP_BYTES_MAX,
} from '@p2pmsg/protocol'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Admission } from '../edge/admission.ts'
import type { Edge } from '../edge/edge.ts'
import type { Intake } from '../edge/intake.ts'
import type { Outcome } from '../edge/outcome.ts'
import { posted } from '../events.ts'
import type { Receivers } from '../receivers.ts'
import { HttpWaiter } from './http-waiter.ts'
import { sendProblem } from './problem.ts'

export type PostParts = Readonly<{
  edge: Edge
  admission: Admission
  intake: Intake
  receivers: Receivers
  driver: Readonly<{ now(): number; send(outgoing: readonly Outgoing[]): void }>
}>

/** `POST /v1/messages`: one message in the body, the first word on it in the answer. */
export function postMessage(parts: PostParts) {
  const { edge, admission, intake, receivers, driver } = parts
  return async (request: FastifyRequest<{ Body: Uint8Array }>, reply: FastifyReply): Promise<FastifyReply> => {
    if (!edge.isTaking) return sendProblem(reply.header('connection', 'close'), 'busy')
    const nowMs = driver.now()
    const peer = admission.overTcp(parseIp(request.ip) ?? NO_IP, nowMs)
    if (!peer.take(nowMs)) return sendProblem(reply, 'rate-limited', peer.waitMs(nowMs))
    const message = parseMessage(request.body)
    if (!message.ok) return sendProblem(reply, 'malformed')
    const waiter = new HttpWaiter()
    const out: Outgoing[] = []
    const receiver = receiverOf(message.value)
    const submission = { receiver, valueBytes: message.value.value.length, payload: () => request.body }
    intake.submit(submission, 'http', VALUE_HTTP_BYTES_MAX, waiter, nowMs, out)
    driver.send(out) // nothing to send; a pack may have been opened, which sets a deadline
    const feedUrl = receivers.find(receiver)?.entry.record.feedUrl
    return sendOutcome(reply, await waiter.outcome, feedUrl)
  }
}

/** What requests share whose address cannot be read. */
const NO_IP = new Uint8Array(16)

function sendOutcome(reply: FastifyReply, outcome: Outcome, feedUrl: string | undefined): FastifyReply {
  if (outcome.stage === 'refused') return sendProblem(reply, outcome.code, outcome.retryAfterMs)
  const id = toHex(outcome.id)
  if (outcome.stage === 'accepted') {
    posted(200)
    return reply.code(200).send({ id, stage: outcome.stage, receipt: toBase64Url(outcome.receipt) })
  }
  posted(202)
  return reply.code(202).send({ id, stage: outcome.stage, trace: traceUrl(id, feedUrl) })
}

/** Where render-api tells what became of a message; as a path alone where the receiver's record does not say where that is. */
function traceUrl(id: string, feedUrl: string | undefined): string {
  const path = `v1/messages/${id}/trace`
  if (feedUrl === undefined || !URL.canParse(feedUrl)) return `/${path}`
  return new URL(path, feedUrl.endsWith('/') ? feedUrl : `${feedUrl}/`).href
}
