import {
  type Content,
  type Dialect,
  type Envelope,
  FUTURE_MS_MAX,
  type Message,
  type Parsed,
  type Policy,
  parseContent,
  parseMessage,
  type RefusalCode,
  receiverOf,
  VALUE_HTTP_BYTES_MAX,
  VALUE_UDP_BYTES_MAX,
} from '@p2pmsg/protocol'
import { refusalByPolicy } from './policy.ts'

/** What a message is held against. It holds no clock: the same envelope gets the same judgement whenever it is judged again. */
export type Rules<H extends Host> = Readonly<{
  /** @returns the receiver, if it is hosted here */
  host: (receiver: Uint8Array) => H | undefined
  /** The sender's clock may be behind the router's by this much, milliseconds. */
  maxAgeMs: number
}>

/** A hosted receiver, as far as a judge needs to know it. */
export type Host = Readonly<{
  policy: Policy
  /** Receipts can be signed in its name now. */
  signable: boolean
}>

/** `undefined` code: all but the signature is as it should be. The message and its receiver are there as far as they could be read. */
export type Judgement<H extends Host> =
  | Readonly<{ code: undefined; message: Message; host: H }>
  | Readonly<{ code: RefusalCode; message: Message | undefined; host: H | undefined }>

/** The largest bencoded `v` of each way in, bytes. */
const VALUE_BYTES_MAX: Record<Dialect, number> = {
  krpc: VALUE_UDP_BYTES_MAX,
  pipe: VALUE_UDP_BYTES_MAX,
  telex: VALUE_UDP_BYTES_MAX,
  http: VALUE_HTTP_BYTES_MAX,
  import: VALUE_HTTP_BYTES_MAX,
}

const MICROSECONDS = 1000n // in a millisecond

/** Everything about an envelope except its signature, which costs more than all the rest and so comes last. Never throws. */
export function judge<H extends Host>(envelope: Envelope, rules: Rules<H>): Judgement<H> {
  const parsed = parseMessage(envelope.payload)
  if (!parsed.ok) return { code: 'malformed', message: undefined, host: undefined }
  const message = parsed.value
  const host = rules.host(receiverOf(message))
  if (!host) return { code: 'unknown-receiver', message, host }
  const code = codeOf(envelope, message, host, rules.maxAgeMs)
  return code === undefined ? { code, message, host } : { code, message, host }
}

function codeOf(envelope: Envelope, message: Message, host: Host, maxAgeMs: number): RefusalCode | undefined {
  if (message.value.length > VALUE_BYTES_MAX[envelope.dialect]) return 'too-large'
  const content = parseContent(message)
  if (!content.ok) return 'malformed'
  return (
    refusalByTime(envelope, message, content, maxAgeMs) ??
    refusalByPolicy(host.policy, message.key) ??
    (host.signable ? undefined : 'unavailable')
  )
}

function refusalByTime(
  { receivedMs, dialect }: Envelope,
  { seq }: Message,
  content: Extract<Parsed<Content>, { ok: true }>,
  maxAgeMs: number,
): RefusalCode | undefined {
  if (seq > BigInt(receivedMs + FUTURE_MS_MAX) * MICROSECONDS) return 'future'
  // An import brings old messages on purpose.
  if (dialect !== 'import' && seq < BigInt(receivedMs - maxAgeMs) * MICROSECONDS) return 'too-old'
  const { expires } = content.value
  return expires !== undefined && expires * 1000 < receivedMs ? 'expired' : undefined
}
