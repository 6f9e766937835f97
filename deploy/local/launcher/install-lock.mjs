// One installation at a time in a checkout. The lock is a file that names its holder's process id; a holder that was killed
// leaves it behind, so a dead id is nobody's lock.
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ours, STATE } from './places.mjs'
import { Trouble, warn } from './say.mjs'

const POLL_MS = 200
const WAIT_MS = 15 * 60_000 // a slow line may need minutes; a recycled process id must not block for ever

/** Runs `work` while no other launcher installs in this checkout. */
export async function alone(work) {
  ours(STATE)
  const lock = join(STATE, 'install.lock')
  await take(lock)
  try {
    return await work()
  } finally {
    rmSync(lock, { force: true })
  }
}

async function take(lock) {
  const mine = `${lock}.${process.pid}`
  writeFileSync(mine, `${process.pid}\n`)
  try {
    const until = Date.now() + WAIT_MS
    let told = false
    while (!linked(mine, lock)) {
      const holder = holderOf(lock)
      if (holder !== undefined && !alive(holder)) {
        breakLock(lock, holder)
        continue
      }
      if (Date.now() > until) {
        throw new Trouble(
          `process ${holder} has been installing here for 15 minutes; if it is gone, remove ${lock}`,
          75,
        )
      }
      if (!told) warn(`another p2pmsg (process ${holder}) is installing here, waiting for it`)
      told = true
      await sleep(POLL_MS)
    }
  } finally {
    rmSync(mine, { force: true })
  }
}

/** A hard link appears whole or not at all, so nobody ever reads a half-written lock. */
function linked(mine, lock) {
  try {
    linkSync(mine, lock)
    return true
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw error
  }
}

function holderOf(lock) {
  try {
    return Number(readFileSync(lock, 'utf8'))
  } catch (error) {
    if (error.code === 'ENOENT') return undefined
    throw error
  }
}

/** Takes a dead holder's lock away; two launchers may try at once, so what was moved is looked at again. */
function breakLock(lock, holder) {
  const aside = `${lock}.dead.${process.pid}`
  try {
    renameSync(lock, aside)
  } catch (error) {
    if (error.code === 'ENOENT') return
    throw error
  }
  if (holderOf(aside) !== holder) linked(aside, lock) // it was a living one's: put it back
  rmSync(aside, { force: true })
}

function alive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}
