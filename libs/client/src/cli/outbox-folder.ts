import { homedir } from 'node:os'
import { join } from 'node:path'
import { Outbox } from '../outbox/outbox.ts'
import type { Surroundings } from './command.ts'
import { UsageError } from './exit-code.ts'

/** `$XDG_STATE_HOME/p2pmsg/outbox`, by default `~/.local/state/p2pmsg/outbox`. */
function outboxFolder(env: Surroundings['env']): string {
  const given = env.XDG_STATE_HOME
  const base = given?.startsWith('/') ? given : join(env.HOME ?? homedir(), '.local', 'state')
  return join(base, 'p2pmsg', 'outbox')
}

/** The outbox of whoever calls. @throws {UsageError} when there can be none */
export async function openOutbox(env: Surroundings['env']): Promise<Outbox> {
  const folder = outboxFolder(env)
  try {
    return await Outbox.open(folder)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new UsageError(`cannot keep messages in ${folder}: ${why}; send --no-outbox does without`)
  }
}

/** Says what is left to do when a command ends before its messages did. */
export function tellLeft(outbox: Outbox | undefined, note: Surroundings['note']): void {
  const left = outbox?.size ?? 0
  if (left === 0) return
  const them = left === 1 ? '1 message without a receipt stays' : `${left} messages without a receipt stay`
  note(`${them} in the outbox; p2pmsg outbox retry goes on with ${left === 1 ? 'it' : 'them'}, p2pmsg outbox lists`)
}
