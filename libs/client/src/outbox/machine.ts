import { createHash } from 'node:crypto'
import { readFile, readlink } from 'node:fs/promises'
import { hostname } from 'node:os'

/** The process id namespace that a Linux machine begins with (`PROC_PID_INIT_INO`): no container has it. */
const FIRST_NAMESPACE = 'pid:[4026531836]'
/** Hex digits that tell machines of one host name apart. */
const DIGITS = 8

let name: Promise<string> | undefined

/**
 * Names those whose process ids mean the same to each other. Containers of one pod have one host name, and a process 1 each: a
 * container goes by its namespace, which is another after it starts anew; a machine by its id (machine-id(5)), which outlives a
 * boot.
 */
export function machineName(): Promise<string> {
  return (name ??= findName())
}

async function findName(): Promise<string> {
  const host = hostname()
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]/g, '-')
  const namespace = await readlink('/proc/self/ns/pid').catch(() => '') // macOS has none
  const id = namespace === '' || namespace === FIRST_NAMESPACE ? '/etc/machine-id' : '/proc/sys/kernel/random/boot_id'
  const text = await readFile(id, 'latin1').catch(() => '')
  // Hashed: a machine's id is not for others to read.
  const digest = createHash('sha256').update(`p2pmsg outbox\n${namespace}\n${text}`).digest('hex')
  return `${host}-${digest.slice(0, DIGITS)}`
}
