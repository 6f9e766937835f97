import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { runCommand } from './command.ts'

const PS_MS = 5_000
const POLL_MS = 50
const STARTTIME_FIELD = 19 // field 22 of /proc/<pid>/stat, counted from the one after the name (proc_pid_stat(5))

/** A process that will not be mistaken for a later one with the same number. */
export type ProcessIdentity = Readonly<{ name: string; pid: number; started: string }>

/** When a process started, in a form that is only compared; undefined if there is none with this number. */
async function startedAt(pid: number): Promise<string | undefined> {
  if (process.platform !== 'linux') {
    const { stdout } = await runCommand('ps', ['-o', 'lstart=', '-p', String(pid)], { timeoutMs: PS_MS })
    return stdout.trim() || undefined
  }
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (fields[0] === 'Z') return undefined // dead, and its parent has not looked yet
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8')
    return `${boot.trim()}/${fields[STARTTIME_FIELD]}`
  } catch {
    return undefined
  }
}

export async function identityOf(name: string, pid: number): Promise<ProcessIdentity | undefined> {
  const started = await startedAt(pid)
  return started === undefined ? undefined : { name, pid, started }
}

export async function isRunning(identity: ProcessIdentity): Promise<boolean> {
  return (await startedAt(identity.pid)) === identity.started
}

/** Ends a process that is not our child: `signal`, and SIGKILL after the deadline. False if it was gone already. */
export async function endProcess(
  identity: ProcessIdentity,
  signal: NodeJS.Signals,
  deadlineMs: number,
): Promise<boolean> {
  if (!(await isRunning(identity))) return false
  for (const [which, waitMs] of [
    [signal, deadlineMs],
    ['SIGKILL', deadlineMs],
  ] as const) {
    send(identity.pid, which)
    send(identity.pid, 'SIGCONT') // one that was stopped must wake to hear it
    const until = Date.now() + waitMs
    while (Date.now() < until) {
      if (!(await isRunning(identity))) return true
      await sleep(POLL_MS)
    }
  }
  throw new Error(`process ${identity.pid} (${identity.name}) does not die of SIGKILL`)
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}
