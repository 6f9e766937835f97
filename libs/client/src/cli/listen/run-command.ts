import { type ChildProcess, spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { resendMs } from '../../backoff.ts'
import { ClientFailure } from '../../failures.ts'
import type { Heard } from '../../listen/listener.ts'

/** How often a message is given to a command that fails, 0.5 s and more apart. */
export const TRIES = 5
/** A command that is to end gets this long to do so, milliseconds. */
const END_MS = 5_000

class CommandFailed extends ClientFailure {
  override readonly name = 'CommandFailed'
  readonly code = 'command-failed'
}

export type RunOptions = Readonly<{
  /** For the shell. */
  command: string
  /** Standard input is the message as one JSON object, and not what it says. */
  json: boolean
  env: Readonly<Record<string, string | undefined>>
  /** Ends a command that runs. */
  signal: AbortSignal
  note: (line: string) => void
}>

/**
 * Gives a message to a command and waits for its end. One that does not exit with 0 is run again, {@link TRIES} times in all.
 * @throws {ClientFailure} then: the message was not taken; or the signal's reason
 */
export async function runCommand(message: Heard, options: RunOptions): Promise<void> {
  const { signal, note } = options
  for (let tries = 1; ; tries++) {
    const end = await once(message, options)
    signal.throwIfAborted()
    if (end === 0) return
    const how = typeof end === 'number' ? `exits with ${end}` : `ended: ${end}`
    if (tries === TRIES) {
      throw new CommandFailed(`the command ${how} for message ${message.id}, ${TRIES} times: it was not taken`)
    }
    const againMs = resendMs(tries - 1)
    note(`the command ${how} for message ${message.id}; again in ${(againMs / 1000).toFixed(1)} s`)
    await sleep(againMs, undefined, { signal }).catch(() => signal.throwIfAborted())
  }
}

/** @returns the exit code, or what ended it */
async function once(message: Heard, { command, json, env, signal }: RunOptions): Promise<number | string> {
  const child = spawn(command, {
    shell: true,
    stdio: ['pipe', 'inherit', 'inherit'],
    env: { ...env, ...variables(message) },
  })
  const ended = new Promise<number | string>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('exit', (code, killedBy) => resolve(code ?? killedBy ?? 'unknown'))
  })
  child.stdin.on('error', () => undefined) // it may end without reading
  child.stdin.end(json ? `${JSON.stringify(message)}\n` : contentOf(message))
  const end = () => kill(child)
  signal.addEventListener('abort', end, { once: true })
  try {
    return await ended
  } finally {
    signal.removeEventListener('abort', end)
  }
}

function kill(child: ChildProcess): void {
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), END_MS)
  child.once('exit', () => clearTimeout(timer))
}

function contentOf({ text, body }: Heard): string | Uint8Array {
  return text ?? Buffer.from(body ?? '', 'base64url')
}

function variables(message: Heard): Record<string, string> {
  const { id, position, cursor, author, authorName, topic, type, sent, replyTo } = message
  return {
    P2PMSG_ID: id,
    P2PMSG_POSITION: position,
    P2PMSG_CURSOR: cursor,
    P2PMSG_AUTHOR: author ?? '',
    P2PMSG_AUTHOR_NAME: authorName ?? '',
    P2PMSG_TOPIC: topic ?? '',
    P2PMSG_TYPE: type ?? '',
    P2PMSG_SENT: sent ?? '',
    P2PMSG_REPLY_TO: replyTo ?? '',
  }
}
