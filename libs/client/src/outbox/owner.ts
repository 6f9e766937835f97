import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { machineName } from './machine.ts'

/**
 * Whose journal it is stands in its name: `<machine>.<process id>.<when it began>.<random>.journal`; `.left.journal` when its
 * process has let go of it.
 */
const NAME = /^([a-z0-9-]+)\.(\d{1,10})\.(\d{1,20})\.[0-9a-f]{8}(\.left)?\.journal$/
const SUFFIX = /\.journal$/
/** When a process began where nobody says. */
const UNKNOWN = '0'

/** Who has a journal in his hands. `elsewhere`: a machine, or a container, whose processes we cannot see. */
export type Owner = 'nobody' | 'elsewhere' | number

/** A name that no other process gives, and no other journal has. */
export async function nameOfOurs(): Promise<string> {
  return `${await machineName()}.${process.pid}.${await beganAt(process.pid)}.${randomBytes(4).toString('hex')}.journal`
}

/** The name of the same journal once its process has let go of it: whoever comes may take it, other threads of the process too. */
export function nameWhenLeft(name: string): string {
  return name.replace(SUFFIX, '.left.journal')
}

/** @returns the process that has it open, or may have: in doubt it lives; undefined when this is no journal's name */
export async function ownerOf(name: string): Promise<Owner | undefined> {
  const [, machine, id, began, left] = NAME.exec(name) ?? []
  if (machine === undefined || id === undefined) return undefined
  if (left !== undefined) return 'nobody'
  if (machine !== (await machineName())) return 'elsewhere'
  const pid = Number(id)
  if (!isRunning(pid)) return 'nobody'
  const now = await beganAt(pid)
  return now === began || now === UNKNOWN || began === UNKNOWN ? pid : 'nobody'
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** A process id is given again; together with when its process began (proc(5), `starttime`) it is not. */
async function beganAt(pid: number): Promise<string> {
  const text = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '')
  const [, , , , , , , , , , , , , , , , , , , , began = UNKNOWN] = text.slice(text.lastIndexOf(')') + 1).split(' ')
  return began
}
