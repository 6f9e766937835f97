/** What the command's exit code says. Scripts go by these: append only. */
export const EXIT = {
  ok: 0,
  /** Refused, or a check failed. */
  failed: 1,
  /** The command was not understood. */
  usage: 2,
  /** The time was over: what became of the message is unknown. */
  timeout: 3,
  /** Nobody answers. */
  unreachable: 4,
  /** Nothing is known of what was asked for. */
  unknown: 5,
  /** Ctrl-C: 128 + SIGINT, as shells have it. */
  interrupted: 130,
} as const
export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** The command was called wrongly; the message says how to call it. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** Thrown when Ctrl-C ends what a command was waiting for. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted'
}
