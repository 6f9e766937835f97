/** Something we depend on let us down. `code` is what we count; `retry` is what the caller does next. */
export abstract class Failure extends Error {
  abstract readonly code: string
  abstract readonly retry: 'soon' | 'never'
}

/** NATS does not answer. */
export class BusUnavailable extends Failure {
  override readonly name = 'BusUnavailable'
  readonly code = 'BUS_UNAVAILABLE'
  readonly retry = 'soon'
}

/** A stream has reached its limit and, as configured, takes nothing new. */
export class StreamFull extends Failure {
  override readonly name = 'StreamFull'
  readonly code = 'STREAM_FULL'
  readonly retry = 'soon'
}

/** JetStream answered a publish with an error other than being full. */
export class PublishRefused extends Failure {
  override readonly name = 'PublishRefused'
  readonly code = 'PUBLISH_REFUSED'
  readonly retry = 'soon'
}

/** More is in flight than the named limit; nothing was sent. */
export class TooManyInFlight extends Failure {
  override readonly name = 'TooManyInFlight'
  readonly code = 'TOO_MANY_IN_FLIGHT'
  readonly retry = 'soon'
}

/** A stream, consumer or bucket is not there, or is not what this version makes. */
export class SetupMissing extends Failure {
  override readonly name = 'SetupMissing'
  readonly code = 'SETUP_MISSING'
  readonly retry = 'soon'
}

/** The server is too old, too small or configured against our rules; waiting does not help. */
export class BusUnfit extends Failure {
  override readonly name = 'BusUnfit'
  readonly code = 'BUS_UNFIT'
  readonly retry = 'never'
}

/** The configuration cannot be used; the message lists every problem. */
export class ConfigError extends Failure {
  override readonly name = 'ConfigError'
  readonly code = 'BAD_CONFIGURATION'
  readonly retry = 'never'
}

/** The message of whatever was thrown, for a log line. */
export function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}
