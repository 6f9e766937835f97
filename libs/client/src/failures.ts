import { meaningOf, type RefusalCode } from '@p2pmsg/protocol'

/** A sender, or a question, came to no good end. `code` is what programs switch on. */
export abstract class ClientFailure extends Error {
  abstract readonly code: string
}

/** The message will never be taken: sending it again would get the same answer. */
export class Refused extends ClientFailure {
  override readonly name = 'Refused'
  readonly code: RefusalCode
  /** The router's clock when it refused, Unix milliseconds; there when the sender's clock is the trouble. */
  readonly nowMs: number | undefined

  constructor(code: RefusalCode, nowMs?: number, detail?: string) {
    super(detail ?? meaningOf(code))
    this.code = code
    this.nowMs = nowMs
  }
}

/** What was given as a receiver's address is none, or names no host to ask. */
export class BadAddress extends ClientFailure {
  override readonly name = 'BadAddress'
  readonly code = 'bad-address'
}

/** No router answered at all. */
export class Unreachable extends ClientFailure {
  override readonly name = 'Unreachable'
  readonly code = 'unreachable'
}

/** A router answers, but holds no record of this receiver, or none that its key signed and that is still good. */
export class NoRecord extends ClientFailure {
  override readonly name = 'NoRecord'
  readonly code = 'no-record'
}

/** The receiver's record names no pipe, so nobody can listen at its routers. */
export class NoPipe extends ClientFailure {
  override readonly name = 'NoPipe'
  readonly code = 'no-pipe'
}

/** The DHT answers, and nobody in it has what was asked for. */
export class NotFound extends ClientFailure {
  override readonly name = 'NotFound'
  readonly code = 'not-found'
}

/** No node of the DHT would store an item. */
export class NotStored extends ClientFailure {
  override readonly name = 'NotStored'
  readonly code = 'not-stored'
}

/** The sender was closed before this message had its receipt: what became of it is unknown. */
export class Closed extends ClientFailure {
  override readonly name = 'Closed'
  readonly code = 'closed'
}

/** More messages wait to be sent than the sender keeps. */
export class QueueFull extends ClientFailure {
  override readonly name = 'QueueFull'
  readonly code = 'queue-full'
}

/** More messages lie on disk than an outbox keeps. */
export class OutboxFull extends ClientFailure {
  override readonly name = 'OutboxFull'
  readonly code = 'outbox-full'
}

/** The draft breaks a rule of the message format, which a router would refuse as `malformed`. */
export class BadDraft extends ClientFailure {
  override readonly name = 'BadDraft'
  readonly code = 'bad-draft'
}

/** Bytes that should prove something do not. */
export class NotTrue extends ClientFailure {
  override readonly name = 'NotTrue'
  readonly code = 'not-true'
}

/** An HTTP service did not give what was asked of it. */
export class HttpFailure extends ClientFailure {
  override readonly name = 'HttpFailure'
  readonly code: string
  readonly status: number | undefined
  /** After how long it wants to be asked again, milliseconds. */
  readonly retryAfterMs: number | undefined

  constructor(
    message: string,
    code: string,
    { status, retryAfterMs }: { status?: number; retryAfterMs?: number | undefined } = {},
    options?: ErrorOptions,
  ) {
    super(message, options)
    this.code = code
    this.status = status
    this.retryAfterMs = retryAfterMs
  }
}
