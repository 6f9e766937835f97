import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { hostname } from 'node:os'

/** Whose journal it is stands in its name: `<host>.<process id>.<when it began>.<random>.journal`. */
const NAME = /^([a-z0-9-]+)\.(\d{1,10})\.(\d{1,20})\.[0-9a-f]{8}\.journal$/
const HOST =
  hostname()
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]/g, '-') || 'host'
/** Journals that this process has open. */
const openHere = new Set<string>() // BOUNDED by the outboxes that are open

/** Who has a journal in his hands. `elsewhere`: a machine that we cannot ask. */
export type Owner = 'nobody' | 'elsewhere' | number

/** A name that no other process gives, and no other journal has. Free it by {@link release}. */
export async function nameOfOurs(): Promise<string> {
  const name = `${HOST}.${process.pid}.${await beganAt(process.pid)}.${randomBytes(4).toString('hex')}.journal`
  openHere.add(name)
  return name
}

export function release(name: string): void {
  openHere.delete(name)
}

/** @returns the process that has it open; undefined when this is no journal's name */
export async function ownerOf(name: string): Promise<Owner | undefined> {
  const [, host, id, began] = NAME.exec(name) ?? []
  if (host === undefined || id === undefined) return undefined
  if (host !== HOST) return 'elsewhere'
  const pid = Number(id)
  if (pid === process.pid) return openHere.has(name) ? pid : 'nobody'
  return isRunning(pid) && (await beganAt(pid)) === began ? pid : 'nobody'
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** A process id is given again; together with when its process began (proc(5), `starttime`) it is not. 0 where nobody says. */
async function beganAt(pid: number): Promise<string> {
  const text = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '')
  const [, , , , , , , , , , , , , , , , , , , , began = '0'] = text.slice(text.lastIndexOf(')') + 1).split(' ')
  return began
}
