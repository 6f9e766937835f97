import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { endProcess, identityOf, isRunning, type ProcessIdentity } from './process-identity.ts'
import { Trouble } from './trouble.ts'

const TRIES_MAX = 10 // others may be taking or breaking the lock at the same moment
const END_MS = 10_000 // for a leftover process to end by itself

/** The file's content: the stack's own process, and its children, servers last. */
type Running = Readonly<{ owner: ProcessIdentity; children: readonly ProcessIdentity[] }>

/**
 * Names the stack that runs on a data folder, so that there is one at a time, and so that what a killed one left behind is
 * found again: its servers hold the ports and the data.
 */
export class StackLock implements AsyncDisposable {
  readonly #file: string
  readonly #owner: ProcessIdentity
  readonly #children = new Map<string, ProcessIdentity>()
  #writing: Promise<void> = Promise.resolve()

  private constructor(file: string, owner: ProcessIdentity) {
    this.#file = file
    this.#owner = owner
  }

  /**
   * @param say told of each leftover that is ended
   * @throws {Trouble} if a living stack holds the folder
   */
  static async take(folder: string, say: (line: string) => void): Promise<StackLock> {
    await mkdir(folder, { recursive: true })
    const file = join(folder, 'stack.lock')
    const owner = await identityOf('stack', process.pid)
    if (!owner) throw new Error('this process cannot see itself')
    const lock = new StackLock(file, owner)
    const draft = `${file}.${process.pid}`
    await writeFile(draft, lock.#content(), { mode: 0o600 })
    try {
      for (let tries = 0; tries < TRIES_MAX; tries += 1) {
        if (await linked(draft, file)) return lock
        await endLeftovers(file, say)
      }
    } finally {
      await rm(draft, { force: true })
    }
    throw new Trouble(`${file} cannot be taken: others start on the same data at the same time`, 75)
  }

  /** Writes a child down, in place of an earlier one of the same name. */
  async add(name: string, pid: number): Promise<void> {
    const identity = await identityOf(name, pid)
    if (identity) this.#children.set(name, identity)
    await this.#write()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writing
    await rm(this.#file, { force: true })
  }

  #write(): Promise<void> {
    this.#writing = this.#writing.then(async () => {
      const draft = `${this.#file}.${process.pid}`
      await writeFile(draft, this.#content(), { mode: 0o600 })
      await rename(draft, this.#file)
    })
    return this.#writing
  }

  #content(): string {
    return `${JSON.stringify({ owner: this.#owner, children: [...this.#children.values()] } satisfies Running, null, 2)}\n`
  }
}

/** A link appears whole or not at all, so nobody reads half a lock. */
async function linked(draft: string, file: string): Promise<boolean> {
  try {
    await link(draft, file)
    return true
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false
    throw error
  }
}

async function endLeftovers(file: string, say: (line: string) => void): Promise<void> {
  const running = await read(file)
  if (running && (await isRunning(running.owner))) {
    const { pid } = running.owner
    throw new Trouble(`a stack runs here already (process ${pid}); stop it first with Ctrl-C or: kill ${pid}`, 75)
  }
  // Started last, ended first: what the servers are for goes before the servers.
  for (const child of running?.children.toReversed() ?? []) {
    // SIGINT is Postgres's fast shutdown; SIGTERM would wait for its clients.
    const ended = await endProcess(child, child.name === 'postgres' ? 'SIGINT' : 'SIGTERM', END_MS)
    if (ended) say(`ended ${child.name} (process ${child.pid}), left behind by a stack that was killed`)
  }
  await moveAway(file, running)
}

/** Takes the dead stack's file away. Another start may have done so and hold a lock of its own: that one is put back. */
async function moveAway(file: string, dead: Running | undefined): Promise<void> {
  const aside = `${file}.dead.${process.pid}`
  try {
    await rename(file, aside)
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return
    throw error
  }
  const moved = await read(aside)
  if (moved && (moved.owner.pid !== dead?.owner.pid || moved.owner.started !== dead.owner.started))
    await linked(aside, file)
  await rm(aside, { force: true })
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}

/** Undefined for no file, and for one that a full disk or a hand made unreadable. */
async function read(file: string): Promise<Running | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(file, 'utf8'))
    return isRunningRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isRunningRecord(value: unknown): value is Running {
  if (typeof value !== 'object' || value === null || !('owner' in value) || !('children' in value)) return false
  return isIdentity(value.owner) && Array.isArray(value.children) && value.children.every(isIdentity)
}

function isIdentity(value: unknown): value is ProcessIdentity {
  if (typeof value !== 'object' || value === null) return false
  if (!('pid' in value) || !('name' in value) || !('started' in value)) return false
  // Numbers below 2 mean every process, and init: never to be signalled.
  return (
    Number.isSafeInteger(value.pid) &&
    Number(value.pid) > 1 &&
    typeof value.name === 'string' &&
    typeof value.started === 'string'
  )
}
