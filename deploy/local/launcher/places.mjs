// Where things are: the checkout, and the one folder that everything which is not source goes into.
import { accessSync, constants, mkdirSync, statfsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Trouble } from './say.mjs'

const HERE = dirname(fileURLToPath(import.meta.url))
export const ROOT = dirname(dirname(dirname(HERE)))
export const STATE = join(ROOT, '.p2pmsg')
export const TOOLCHAIN_MANIFEST = join(HERE, 'toolchain')

/**
 * Makes sure that we may write into a folder, and says whose it is when we may not.
 * The usual cause is a first start as root and a second one as somebody else.
 */
export function ours(folder) {
  try {
    mkdirSync(folder, { recursive: true })
    accessSync(folder, constants.W_OK)
  } catch (error) {
    const owner = ownerOf(folder)
    const whose = owner === undefined ? '' : ` (it belongs to user ${owner}, this is user ${process.getuid?.()})`
    throw new Trouble(
      `cannot write ${folder}${whose}: ${error.code}\n` +
        `Run as its owner, hand it over (sudo chown -R "$(id -u)" ${folder}), or use a clone of your own.`,
      77,
    )
  }
}

function ownerOf(folder) {
  try {
    return statSync(folder).uid
  } catch {
    return undefined
  }
}

/** Refuses to begin an installation that cannot end. */
export function roomFor(megabytes, folder) {
  const { bavail, bsize } = statfsSync(folder)
  const free = Math.floor((bavail * bsize) / 2 ** 20)
  if (free < megabytes) {
    throw new Trouble(`${megabytes} MB are needed under ${folder}, ${free} MB are free: make room and start again`, 74)
  }
}
